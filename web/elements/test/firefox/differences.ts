/** Tests that Firefox cannot be given as they are, by their titles, and why: the one place where this is told. */
const DRIVER = 'its driver clicks twice, and no double click comes of it';
const TOUCHED = 'pages that it opens count as touched by a person, and their sound is never refused';
const MEDIA = 'its driver cannot say that a visitor wants less motion, other colours or a dark page';

const DIFFERENCES: Record<string, string> = {
  'a click chooses, a double click and the button call': DRIVER,
  'sw-directory: each event reaches the page once, with its detail': DRIVER,
  'each state has its colour, and waiting is seen': MEDIA,
  'of two open ones the last to close lets the page scroll': MEDIA,
  'fades while motion is welcome': MEDIA,
  'moves smoothly while motion is welcome': MEDIA,
  'has its parts, and slides while motion is welcome': MEDIA,
  'animates while motion is welcome, for as long as it is told': MEDIA,
  'light and dark follow the visitor, and data-theme goes before that': MEDIA,
  'the button keeps the transcript as a file, once there is something in it': 'its driver does not tell of downloads',
  'the picture runs, and a button starts the sound': TOUCHED,
  'any key on the page starts it as well': TOUCHED,
  'a stream that ends waits for nobody': TOUCHED,
  'a picture without sound needs no consent': TOUCHED,
  'copies the raw content, and tells so for a moment': 'its driver cannot give a page the clipboard',
  'says that the camera is gone when it was unplugged': 'a track that was stopped hears of no event any more, not even of one that a test makes up'
};

/** Why a test is not run in this browser; nothing for those that are. */
export function difference(browser: string, title: string): string | undefined {
  if (browser !== 'firefox') return undefined;
  // Its driver shows no dark page either: the light one is tested, once.
  if (title.endsWith(' (dark)')) return MEDIA;
  return DIFFERENCES[title.replace(/ \((light|dark)\)$/, '')];
}
