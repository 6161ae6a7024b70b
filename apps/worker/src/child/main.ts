import { serve } from '#process';
import { dispatch } from './dispatch.js';

serve(dispatch);
