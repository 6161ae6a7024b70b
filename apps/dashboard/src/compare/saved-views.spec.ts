import { keepViews, savedViews, withView } from './saved-views.js';

function memory(text?: string) {
  let kept = text ?? null;
  return { getItem: () => kept, setItem: (_key: string, value: string) => void (kept = value) };
}

it('keeps views by name, the newest of a name alone', () => {
  const storage = memory();
  keepViews(withView(savedViews(storage), { name: 'small', search: 'x=disk' }), storage);
  keepViews(withView(savedViews(storage), { name: 'fast', search: 'x=latency' }), storage);
  keepViews(withView(savedViews(storage), { name: 'small', search: 'x=compressed' }), storage);
  expect(savedViews(storage)).toEqual([
    { name: 'fast', search: 'x=latency' },
    { name: 'small', search: 'x=compressed' },
  ]);
});

it.each(['{', '{"a":1}', '[1, null, {"name": "x"}]'])('takes %s for no views', (text) => {
  expect(savedViews(memory(text))).toEqual([]);
});
