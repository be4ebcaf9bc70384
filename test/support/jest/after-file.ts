import { clearLeftovers } from '../machine/leftovers';

afterAll(clearLeftovers);
