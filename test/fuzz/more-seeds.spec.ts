import { describeSeeds } from './seeds.js';

describeSeeds(101, 200);
