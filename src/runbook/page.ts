import { paragraphs } from './markdown';

/** A section of the page; others refer to it by its id. */
export interface Section {
  readonly id: SectionId;
  readonly title: string;
  /** The text below the title. */
  readonly body: (see: See) => string;
}

export type SectionId =
  | 'restore'
  | 'stopFirst'
  | 'undo'
  | 'sessions'
  | 'key'
  | 'backup'
  | 'drill'
  | 'storageFull'
  | 'freshCluster'
  | 'nasGone'
  | 'largeChange'
  | 'verify'
  | 'suspend'
  | 'scope'
  | 'plainKubectl';

/** A link to a section, with its number. */
export type See = (id: SectionId) => string;

/** Numbers the sections. The head comes before them, and may refer to them. */
export function page(head: (see: See) => string, sections: readonly Section[]): string {
  const titles = sections.map(({ title }, index) => `${index + 1}. ${title}`);
  const see: See = (id) => {
    const index = sections.findIndex((section) => section.id === id);
    if (index < 0) throw new Error(`The page has no section ${id} to refer to.`);
    return `[section ${index + 1}](#${anchor(titles[index]!)})`;
  };
  return `${paragraphs(head(see), ...sections.map(({ body }, index) => `## ${titles[index]}\n${body(see)}`))}\n`;
}

/** The anchor that Git hosts give a heading: https://github.com/gjtorikian/html-pipeline, TableOfContentsFilter. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
