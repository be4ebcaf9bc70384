import { clearLeftovers } from './leftovers';

afterAll(clearLeftovers);
