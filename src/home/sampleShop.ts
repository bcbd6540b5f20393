import { newBot } from '../bots/schema.js';

/** A made-up shop, small enough to be read in a second and real enough to be asked. */
export const sampleBot = newBot.parse({
  name: 'Sample: Juniper Cycles',
  welcomeMessage: 'Hello! I know the bicycle shop Juniper Cycles. Ask me about delivery, returns or repairs.',
  humanTakeover: true,
});

export const sampleSource = 'Questions and answers';

/** Questions whose answers are in the entries. */
export const sampleQuestions = [
  'What does delivery cost?',
  'Can I return a bike that I have ridden?',
  'How long does the battery last?',
];

export const sampleEntries = [
  {
    title: 'When are you open?',
    text: 'The shop in Mill Lane is open from Tuesday to Friday, 10 to 18 o’clock, and on Saturdays from 9 to 14 o’clock. On Sundays and Mondays it is closed. The workshop closes half an hour earlier.',
  },
  {
    title: 'What does delivery cost, and how long does it take?',
    text: 'Delivery of parts and clothing costs 4.90 and takes two or three working days; above 60 it is free. A bike is delivered assembled and costs 39 within 200 kilometres; we ring you to agree on a day. You can also collect everything in the shop for nothing.',
  },
  {
    title: 'Can I return something?',
    text: 'You can return everything that is unused within 30 days for the full price. A bike may be ridden for up to 20 kilometres and returned within 14 days; please bring it back clean. Helmets that were worn and inner tubes that were opened cannot be returned.',
  },
  {
    title: 'Which frame size do I need?',
    text: 'Measure the inside of your leg in centimetres and multiply by 0.66: that is the frame height of a city bike. For a mountain bike take 0.57. Between two sizes, the smaller one is nimbler and the larger one calmer. Test rides are free and need no appointment.',
  },
  {
    title: 'Do you repair bikes that were bought elsewhere?',
    text: 'Yes, every brand. A puncture is repaired while you wait and costs 15 with the new inner tube. A full service costs 75 and takes three working days; in April and May please book two weeks ahead.',
  },
  {
    title: 'How long does the battery of an e-bike last?',
    text: 'A full charge lasts for 60 to 110 kilometres, depending on hills and wind, and takes four hours. After about 700 charges the battery holds 80 percent of what it held. Keep it between 10 and 25 degrees in winter, half full.',
  },
  {
    title: 'What does the warranty cover?',
    text: 'Frames are covered for ten years, batteries for two years or 700 charges, whichever comes first, and everything else for two years. Tyres, brake pads and chains wear out and are not covered. The first service within three months keeps the warranty and is free.',
  },
  {
    title: 'How can I pay?',
    text: 'By card, bank transfer or cash in the shop. Bikes above 800 can be paid in twelve monthly instalments without interest. Company leasing is possible with every provider; we fill in the forms.',
  },
];
