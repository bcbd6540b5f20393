/** Words that say nothing about what a question is about: English, German, French, Spanish, Italian, Dutch. */
const empty = `
  a about above after again all also am an and any anybody anyone anything are around as ask at be because
  been before being below best both but by came can cannot could did do does doing done down each either
  else ever every explain find first for from further get gets getting give given go goes going got had has
  have having he hello help her here hers hey hi him his hi how i if in into is it its itself just know last
  let like look made make makes many may me mean means might mine more most much must my need needs no nor
  not now of off ok okay on once one only or other our ours out over own please possible really said same
  say says see shall she should show so some somebody someone something still such take tell than thank
  thanks that the their theirs them then there these they thing things this those through to too try trying
  under until up us use used using very want wants was way we well were what when where whether which while
  who whom whose why will with within without won work works would yes yet you your yours t s d m re ve ll
  don doesn didn isn aren wasn weren can couldn shouldn wouldn haven hasn hadn aber alle als am an auch auf
  aus bei bin bis bitte da danke das dass dein dem den der des die dir doch du ein eine einem einen einer
  eines er es euch euer für gibt habe haben habt hast hallo hier ich ihr ihre im in ist ja kann kannst kein
  keine können mein meine mich mir mit muss nach nicht noch nur ob oder ohne sein seine sich sie sind so
  über um und uns unser vom von vor wann warum was welche welcher welches wem wen wenn wer wie wir wird wo
  zu zum zur au aux avec bonjour ce ces cette comment dans de des du elle elles en est et eux faire il ils
  je la le les leur lui ma mais me mes merci moi mon ne nos notre nous on ou où par pas peut peux pour
  pourquoi quand que quel quelle quelles quels qui quoi sa sans se ses si sont sur ta te tes toi ton tu un
  une vos votre vous être avoir ai al como con cuál cuando cuándo de del dónde el ella ellos en es esta este
  esto gracias hay hola la las lo los más me mi mis no nos o para pero por porque puede puedo que qué quien
  quién se ser si sí sin sobre su sus te tengo tiene tu un una unas unos y ya yo anche che chi ciao come con
  cosa da dal dei del della di dove e gli grazie ha ho il io la le lo ma mi nel non per perché più posso può
  quale quando questo se si sono su sul tu un una uno aan als bij dan dat de die dit een en er geen haar heb
  hebben heeft hem het hij hoe hun ik in is je jij kan kun met mijn naar niet nog of om ook op te tot uit
  van voor waar waarom wanneer wat we welke wie wij zijn`;

const greetings =
  /^(?:hi+|hey+|hello|good (?:morning|day|afternoon|evening)|hallo|guten (?:morgen|tag|abend)|moin|bonjour|salut|bonsoir|hola|buen[oa]s (?:d[ií]as|tardes|noches)|ciao|buongiorno|buonasera|hoi|goedemorgen|goedendag|ol[aá]|thanks?(?: you)?|danke|merci|gracias|grazie|bedankt)(?:\s+there)?[\s.!?,👋🙂😊]*$/iu;

export const isGreeting = (text: string) => greetings.test(text.trim());

/** Without case and accents. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

const emptyWords = new Set(wordsOf(empty));

/** The distinct words of a question that an answer can be recognised by. */
export function contentWords(text: string): string[] {
  return [...new Set(wordsOf(text))].filter(
    (word) => !emptyWords.has(word) && (word.length > 1 || /[^a-z]/.test(word)),
  );
}

/** A question as a search should have it: its telling words as they were written, `e-mail` in one. */
export const searchText = (text: string) =>
  text
    .split(/\s+/)
    .filter((chunk) => contentWords(chunk).length > 0)
    .join(' ');

const endings =
  /^(?:|s|e|es|ed|er|ers|ing|ings|y|ies|ied|ly|al|ally|ion|ions|ation|ations|ment|ments|n|en|ern|em|nen|a|o|os|as|d|r|ez|ee|ees)$/;
const shortEndings = /^(?:|s|es|ed|ing)$/;

/**
 * Whether two words are one, but for their endings: `query` and `queries`, `ship` and `shipping`, `Preis` and
 * `Preise`. Looser than a stemmer, and the same for all languages that are written with endings.
 */
export function isSameWord(one: string, other: string): boolean {
  if (one === other) return true;
  let common = 0;
  while (common < one.length && one[common] === other[common]) common++;
  if (common < 3 || /\d/.test(one)) return false;
  const allowed = common === 3 ? shortEndings : endings;
  return [one, other].every((word) => {
    const ending = word.slice(common);
    return allowed.test(ending) || (ending[0] === word[common - 1] && allowed.test(ending.slice(1)));
  });
}
