/** The unit tests need no PostgreSQL, and nothing of the machine. */
export { makeRunFolder as default } from '../machine/run-folder';
