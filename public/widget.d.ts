/** What the script `widget.js` of Hookbell gives a page, as `window.hookbell`. */
interface Hookbell {
  /** The id of the bot. */
  readonly bot: string;

  /** Opens the chat. The focus goes there only if a person has just clicked or pressed a key. */
  open(): void;
  /** Closes the chat; its button stays. */
  close(): void;
  toggle(): void;
  /** Closes the chat and takes its button off the page, until `show`, `open` or `toggle`. */
  hide(): void;
  /** Puts the button back. */
  show(): void;

  /** Says this as the visitor, at most 8,000 characters. The chat does not open by it. */
  sendMessage(text: string): void;
  /** Leaves the conversation; the next message begins another one. A request for a human is withdrawn. */
  newConversation(): void;

  /**
   * Says who the visitor is. It is added to the `userData` of the conversation that there is, and of those that begin
   * until this page is left; at most 16 KB of JSON. `email` fills in the form that asks for a human. Nobody checks it:
   * it is what a browser says. `identify({})` forgets, for conversations to come.
   */
  identify(visitor: HookbellVisitor): void;

  /** `auto` follows the visitor's system. */
  setTheme(theme: 'auto' | 'light' | 'dark'): void;

  /** Returns a function that takes the listener off again. */
  on<Event extends keyof HookbellEvents>(
    event: Event,
    listener: (details: HookbellEvents[Event]) => void,
  ): () => void;
}

interface HookbellVisitor {
  name?: string;
  email?: string;
  [known: string]: unknown;
}

interface HookbellEvents {
  /** The chat is there; a listener that comes later is called, too. */
  ready: Record<string, never>;
  open: Record<string, never>;
  close: Record<string, never>;
  /** Something was said, by anybody; not again what was said before the page was loaded. */
  message: HookbellMessage;
  /** How many messages the visitor has not seen. */
  unread: { count: number };
  /** The conversation has begun, or changed hands, or was left (`conversationId` is null then). */
  state: {
    conversationId: string | null;
    state: 'Bot' | 'Escalated' | 'Active' | 'Resolved';
    /** The name of the person who has the conversation. */
    agent: string | null;
  };
  /** The chat did not start, a message was refused, or what `identify` was given. */
  error: { message: string };
}

interface HookbellMessage {
  conversationId: string;
  /** 1, 2, … within the conversation. */
  number: number;
  from: 'visitor' | 'bot' | 'agent' | 'system';
  content: string;
  /** The name of the agent. */
  author: string | null;
}

interface Window {
  hookbell: Hookbell;
}

declare var hookbell: Hookbell;
