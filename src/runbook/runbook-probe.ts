import { InvalidPropError } from '../errors';

/** The meaning of an answer of a probe. */
export interface ProbeAnswer {
  /** The output of the probe, e.g. `401`. */
  readonly answer: string;
  /** Its meaning, and what to do, in one line of Markdown. */
  readonly means: string;
}

/** A proof that a service works, and not only that it is up: an answer that it can give with its data alone. */
export interface RunbookProbe {
  /**
   * Commands for `sh` and the usual programs of an operator, e.g. `kubectl` and `curl`; several lines if need be. Their
   * exit status is 0 if the service works. They print no secret, and no secret is among their arguments.
   */
  readonly command: string;
  /**
   * The meaning of the answers.
   * @default - status 0 says that it works, and the output says the rest
   */
  readonly answers?: ProbeAnswer[];
}

/** @throws InvalidPropError when there is no command, or a text is empty or has a line break */
export function checkProbe({ command, answers = [] }: RunbookProbe): void {
  if (command.trim() === '' || command.includes('```')) {
    throw new InvalidPropError(
      'runbookService.probe.command',
      command,
      'is empty or would end its block on the page',
      'Write commands for sh, whose status is 0 where the service works',
    );
  }
  for (const { answer, means } of answers) {
    checkLine('runbookService.probe.answers.answer', answer);
    checkLine('runbookService.probe.answers.means', means);
  }
}

/** @throws InvalidPropError when a text for the page is empty or has a line break */
export function checkLine(property: string, text: string, remedy = 'Say it in one line'): void {
  if (!/^[^\r\n]*\S[^\r\n]*$/.test(text)) {
    throw new InvalidPropError(property, text, 'is empty or has a line break', remedy);
  }
}
