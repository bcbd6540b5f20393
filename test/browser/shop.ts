import { type Site, staticSite } from '../support/staticSite.js';

/** The help pages, the news and the spare parts of a shop that sells garden tools. */
export async function startShop(named = (name: string) => name): Promise<Site> {
  const page = pageOf(named);
  return staticSite({
    '/': page(
      'Help centre',
      'Answers to what customers of Acorn Tools ask most often. Choose a topic, or write to us: we answer within a working day.',
    ),
    '/delivery': page(
      'Delivery and tracking',
      'Orders that reach us before 14:00 leave the same day. Delivery takes two to three working days and is free above 50 euros.',
      'You get an e-mail with the tracking number as soon as the parcel is with the carrier. If it has not moved for two days, tell us.',
    ),
    '/returns': page(
      'Returns and refunds',
      'You may return an item within 30 days. Print the label from your account and bring the parcel to any post office.',
      'The money is back on the account that paid five working days after the parcel has reached us.',
    ),
    '/warranty': page(
      'Warranty',
      'Every tool has a warranty of five years, shears and pruners of ten. Keep the invoice: it is the proof of purchase.',
    ),
    '/care/pruners': page(
      'Looking after pruners',
      'Clean the blades after use, dry them, and put a drop of oil on the spring. Sharpen them once a season with a fine stone.',
    ),
    '/care/mowers': page(
      'Looking after mowers',
      'Brush the deck clean after every cut. Have the blade sharpened in spring, and keep the battery indoors in winter.',
    ),
    '/contact': page('Contact', 'Telephone 0800 555 01 01, Monday to Friday from 8 to 18 o’clock.'),
    '/news.xml': { headers: { 'Content-Type': 'application/rss+xml' }, body: news },
  });
}

const topics = [
  ['/', 'Help centre'],
  ['/delivery', 'Delivery'],
  ['/returns', 'Returns'],
  ['/warranty', 'Warranty'],
  ['/care/pruners', 'Pruners'],
  ['/care/mowers', 'Mowers'],
  ['/contact', 'Contact'],
];

const pageOf =
  (named: (name: string) => string) =>
  (plain: string, ...paragraphs: string[]) => {
    const title = named(plain).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const menu = topics.map(([path, name]) => `<li><a href="${path}">${name}</a></li>`).join('');
    const text = paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join('\n');
    return `<!doctype html><html lang="en"><head><title>${title}</title></head>
<body><nav><ul>${menu}</ul></nav><main><h1>${title}</h1>${text}</main></body></html>`;
  };

const news = `<?xml version="1.0"?><rss version="2.0"><channel><title>Acorn Tools</title>
<item><guid>n-3</guid><title>New: a rake that folds</title><description>It fits into the boot of any car.</description></item>
<item><guid>n-2</guid><title>Open on Saturdays</title><description>From March on, from 9 to 16 o’clock.</description></item>
</channel></rss>`;

export const spareParts = `sku,name,fits,price
PR-101,Spring for pruners,Pruner 20 and Pruner 22,4.90
PR-102,Blade for pruners,Pruner 22,14.50
MW-310,Battery 40 V,Mower 38 and Mower 42,129.00
MW-311,Charger 40 V,Mower 38 and Mower 42,59.00
MW-320,Blade 38 cm,Mower 38,24.90
`;
