import { expect } from 'chai';
import type { Question, Reply } from '../../src/answers/answers.js';
import { quotedAnswers } from '../../src/answers/quoted.js';
import { excerpt, relevant } from '../../src/answers/relevance.js';
import { contentWords, isSameWord } from '../../src/answers/words.js';
import { knowledgeSearch } from '../../src/knowledge/search.js';
import { type House, openBot, startHouse, teach } from '../conversations/house.js';

const page = (name: string) => `https://shop.example/${name}`;

const documents = [
  {
    title: 'Returns and refunds',
    url: page('returns'),
    text: 'Thank you for shopping with us. You may return any item within 30 days of delivery. The refund is paid to the card that you used, within five working days. Sale items are excluded.',
  },
  {
    title: 'Shipping',
    url: page('shipping'),
    text: 'We ship on weekdays. Parcels to Norway take four to six days. Shipping is free for orders over 50 euros.',
  },
  {
    title: 'Resetting your password',
    url: page('password'),
    text: 'Open the sign-in page and choose “Forgot password”. You get a mail with a link that is valid for one hour. Queries about accounts go to the help desk.',
  },
  {
    title: 'Öffnungszeiten',
    url: page('zeiten'),
    text: 'Unser Geschäft ist montags bis freitags von 9 bis 18 Uhr geöffnet.',
  },
  { title: 'About us', text: 'We sell lamps, chairs and tables. The company was founded in 1987 in Bergen.' },
];

describe('quoted answers', () => {
  let house: House;
  let botId: string;

  before(async () => {
    house = await startHouse();
    botId = (await openBot(house)).id;
    await teach(house, botId, documents);
  });

  after(() => house.stop());

  function ask(content: string, more: Partial<Question> = {}): Promise<Reply> {
    const bot = { id: botId, name: 'Help desk', instructions: '', welcomeMessage: 'Welcome!' };
    const question = { bot, history: [], content, mayOfferHuman: false, ...more };
    const draft = { write: () => {}, restart: () => {} };
    return quotedAnswers(knowledgeSearch(house.hookbell.deps.reader)).answer(
      question,
      draft,
      new AbortController().signal,
    );
  }

  it('quote what fits with its title and address', async () => {
    const reply = await ask('Within how many days can I return an item?');
    expect(reply).to.deep.equal({
      content:
        `… “You may return any item within 30 days of delivery. The refund is paid to the card that you used, within five working days. Sale items are excluded.”\n— Returns and refunds, ${page('returns')}`.replace(
          '… “',
          '“… ',
        ),
      citations: [{ title: 'Returns and refunds', url: page('returns') }],
      offersHuman: false,
    });
  });

  const asked: [string, string | null][] = [
    ['How do I get a refund?', 'Returns and refunds'],
    ['I forgot my password, what now?', 'Resetting your password'],
    ['how long does shipping to norway take', 'Shipping'],
    ['HOW LONG ARE PARCELS TO NORWAY ON THE WAY??', 'Shipping'],
    ['is there free shipping', 'Shipping'],
    ['When was the company founded?', 'About us'],
    ['Do you sell chairs?', 'About us'],
    ['Wann ist das Geschäft geöffnet?', 'Öffnungszeiten'],
    ['Wann habt ihr geoffnet?', 'Öffnungszeiten'],
    ['I have a query about my account', 'Resetting your password'],
    ['Do you sell unicorns?', null],
    ['What is the capital of France?', null],
    ['Who won the world cup in 1998?', null],
    ['Can you write me a poem about shipping pirates and stars?', null],
    ['?', null],
    ['what about it', null],
    ['"; DROP TABLE documents; --', null],
    ['🙂', null],
  ];

  for (const [question, title] of asked) {
    it(`${title ? `find “${title}”` : 'know that they do not know'} when asked “${question}”`, async () => {
      const reply = await ask(question);
      expect(reply.citations[0]?.title ?? null).to.equal(title);
      if (!title) expect(reply.content).to.match(/^I don’t know: .*read\.$/);
    });
  }

  it('offer a human, where there is one, only when they do not know', async () => {
    const lost = await ask('Do you sell unicorns?', { mayOfferHuman: true });
    expect(lost.offersHuman).to.equal(true);
    expect(lost.content).to.match(/Would you like to talk to a human\?$/);
    expect((await ask('Do you sell chairs?', { mayOfferHuman: true })).offersHuman).to.equal(false);
  });

  it('greet back', async () => {
    for (const greeting of ['Hi', 'hello!', 'Good morning', 'Thanks', 'Hallo 👋']) {
      expect((await ask(greeting)).content, greeting).to.equal('Welcome!');
    }
  });

  it('understand a short question by the one before it', async () => {
    const history = [
      { from: 'visitor' as const, content: 'How long does shipping take?' },
      { from: 'bot' as const, content: '…' },
    ];
    expect((await ask('And to Norway?', { history })).citations[0]?.title).to.equal('Shipping');
  });

  it('say nothing of another bot’s documents', async () => {
    const other = await openBot(house);
    const bot = { id: other.id, name: '', instructions: '', welcomeMessage: '' };
    expect((await ask('How do I get a refund?', { bot })).citations).to.deep.equal([]);
  });
});

describe('relevance', () => {
  const passage = (text: string, title = '') => ({ dataSourceId: '', title, url: null, text, score: 1 });

  it('is a matter of words that say something', () => {
    expect(contentWords('How do I reset the password of my account?')).to.deep.equal([
      'reset',
      'password',
      'account',
    ]);
    expect(contentWords('Wie kann ich mein Passwort ändern?')).to.deep.equal(['passwort', 'andern']);
    expect(contentWords('C++ or R? 42')).to.deep.equal(['42']);
  });

  const same = [
    'query queries',
    'ship shipping',
    'stop stopped',
    'price pricing',
    'preis preise',
    'sync syncs',
  ];
  const different = [
    'server service',
    'refund refuse',
    'price print',
    'contract contact',
    'car care',
    '1998 1999',
  ];
  it('sees through endings, and not further', () => {
    for (const pair of same)
      expect(isSameWord(...(pair.split(' ') as [string, string])), pair).to.equal(true);
    for (const pair of different)
      expect(isSameWord(...(pair.split(' ') as [string, string])), pair).to.equal(false);
  });

  it('needs all of two words, two of three, and five of many', () => {
    const fits = (question: string, text: string) => relevant(question, [passage(text)]).length === 1;
    expect(fits('red lamps', 'Lamps of all sizes')).to.equal(false);
    expect(fits('red lamps', 'Red lamps')).to.equal(true);
    expect(fits('red lamps delivery', 'Red lamps')).to.equal(true);
    const many = 'alpha beta gamma delta epsilon zeta theta kappa lambda sigma';
    expect(fits(many, 'alpha beta gamma delta')).to.equal(false);
    expect(fits(many, 'alpha beta gamma delta epsilon')).to.equal(true);
  });

  it('quotes the sentences that say most, cut to 600 characters, in time for any text', () => {
    const filler = 'Nothing of interest stands here at all. '.repeat(40);
    const quoted = excerpt({ text: `${filler}The lamp is red. It glows.`, found: ['lamp', 'red'] });
    expect(quoted).to.equal('… The lamp is red. It glows.');
    const began = performance.now();
    for (const text of ['a. '.repeat(20_000), 'a'.repeat(60_000), '\n'.repeat(60_000), '“'.repeat(60_000)]) {
      expect(excerpt({ text, found: ['a'] }).length).to.be.below(620);
    }
    expect(performance.now() - began).to.be.below(5_000);
  });
});
