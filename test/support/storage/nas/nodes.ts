import { ROOT } from './wire';

/** The numbers by which the kernel knows files and folders, and their paths. */
export class Nodes {
  private readonly paths = new Map([[ROOT, '']]);
  private last = ROOT;

  path(node: number): string | undefined {
    return this.paths.get(node);
  }

  of(path: string): number {
    for (const [node, known] of this.paths) if (known === path) return node;
    this.paths.set(++this.last, path);
    return this.last;
  }

  forget(path: string): void {
    for (const [node, known] of this.paths) if (known === path) this.paths.delete(node);
  }

  /** Takes what is below it along, in place of what was there. */
  move(path: string, newPath: string): void {
    this.forget(newPath);
    for (const [node, known] of this.paths) {
      if (known === path || known.startsWith(`${path}/`)) this.paths.set(node, newPath + known.slice(path.length));
    }
  }
}
