import { expect } from 'chai';
import { asSlackText, utteranceIn } from '../../src/slack/events.js';
import { isFromSlack, signatureOf } from '../../src/slack/signature.js';

describe('what Slack tells', () => {
  const message = { type: 'message', channel: 'C1', user: 'U1', ts: '1.5', text: 'Hi' };

  it('is something said to the bot, or in a thread, or nothing', () => {
    const heard = (more: object) => {
      const said = utteranceIn({ ...message, ...more }, 'UBOT');
      return said && [said.threadTs, said.text, said.isAddressed];
    };
    expect(heard({ type: 'app_mention', text: '<@UBOT> Hi' })).to.deep.equal(['1.5', 'Hi', true]);
    expect(heard({})).to.deep.equal(['1.5', 'Hi', false]);
    expect(heard({ thread_ts: '1.1' })).to.deep.equal(['1.1', 'Hi', false]);
    expect(heard({ channel_type: 'im' })).to.deep.equal([null, 'Hi', true]);
    expect(heard({ channel_type: 'im', thread_ts: '1.1' })).to.deep.equal(['1.1', 'Hi', true]);
    for (const none of [
      { type: 'reaction_added' },
      { subtype: 'message_changed' },
      { bot_id: 'B1' },
      { user: 'UBOT' },
      { text: '<@UBOT> ' },
      { ts: undefined },
    ])
      expect(heard(none), JSON.stringify(none)).to.equal(null);
  });

  it('is read as it was typed', () => {
    const text =
      '<@UBOT|bot> <@U2> 1 &lt; 2 &amp;amp; <https://a.example/?a=1|the shop> <mailto:a@b.example|a@b.example> <https://b.example>';
    const said = utteranceIn({ ...message, text }, 'UBOT');
    expect(said!.text).to.equal('<@U2> 1 < 2 &amp; the shop a@b.example https://b.example');
  });

  it('is answered in text that means nothing else to Slack, with the sources as links', () => {
    const sources = [
      { title: 'A|B <c>', url: 'https://a.example/?x=1|2&y' },
      { title: 'Notes', url: null },
    ];
    expect(asSlackText('<!channel> & co', sources)).to.equal(
      '&lt;!channel&gt; &amp; co\n\n• <https://a.example/?x=1%7C2&amp;y|A¦B &lt;c&gt;>\n• Notes',
    );
  });

  it('is signed as Slack’s own example is, and not older than five minutes', () => {
    // docs.slack.dev/authentication/verifying-requests-from-slack
    const secret = '8f742231b10e8888abcd99yyyzzz85a5';
    const timestamp = '1531420618';
    const body = Buffer.from(
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    );
    const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
    const at = 1531420618_000;
    expect(signatureOf(secret, timestamp, body)).to.equal(signature);
    const judged = (given: object, now: number) =>
      isFromSlack(secret, { timestamp, signature, ...given }, body, now);
    expect(judged({}, at + 300_000)).to.equal(true);
    expect(judged({}, at + 300_001)).to.equal(false);
    expect(judged({}, at - 300_001)).to.equal(false);
    expect(judged({ signature: signature.replace('a2', 'a3') }, at)).to.equal(false);
    expect(judged({ signature: '' }, at)).to.equal(false);
    expect(judged({ timestamp: '1531420619' }, at)).to.equal(false);
    expect(judged({ timestamp: 'soon' }, at)).to.equal(false);
  });
});
