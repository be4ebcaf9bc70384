export { removeRunFolder as default } from '../machine/run-folder';
