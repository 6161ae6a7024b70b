import { assignmentOf } from './assignment.js';

describe('an assignment on the command line', () => {
  it('has numbers, truth values and texts, and a text may hold "="', () => {
    expect(assignmentOf(['prune.ratio=0.5', 'distill=false', 'quantize.scheme=qdq', 'map={"a=b":1}'])).toEqual({
      'prune.ratio': 0.5,
      distill: false,
      'quantize.scheme': 'qdq',
      map: '{"a=b":1}',
    });
  });

  it('is refused where a word gives no value, or a parameter two', () => {
    expect(() => assignmentOf(['ratio'])).toThrow('"ratio" gives no parameter a value');
    expect(() => assignmentOf(['=3'])).toThrow('gives no parameter a value');
    expect(() => assignmentOf(['a=1', 'a=2'])).toThrow('a is given twice');
  });
});
