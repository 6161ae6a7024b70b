import { metricTitle, type SweepResults } from '#contracts';
import { ChartData } from '../components/chart-data.js';
import { Scroll } from '../components/scroll.js';

/** How much each parameter decides whether a trial is among the best, a column for each objective. */
export function ParameterImportance({ importance }: Pick<SweepResults, 'importance'>) {
  const distinct = [...new Set(importance.flatMap(({ shares }) => Object.keys(shares)))];
  const names = distinct.sort((a, b) => totalOf(importance, b) - totalOf(importance, a));
  if (names.length === 0) return <p className="quiet">Importance needs at least ten complete trials.</p>;
  const data = () => ({
    columns: ['parameter', ...importance.map(({ metric }) => metric)],
    rows: names.map((name) => [name, ...importance.map(({ shares }) => shares[name] ?? 0)]),
  });
  return (
    <>
      <Scroll isCards label="Importance of parameters">
        <table>
          <thead>
            <tr>
              <th>Parameter</th>
              {importance.map(({ metric }) => (
                <th key={metric}>for {metricTitle(metric)}, %</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <td>{name}</td>
                {importance.map(({ metric, shares }) => (
                  <td key={metric}>
                    <Bar share={shares[name] ?? 0} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p className="quiet">
        In what values the best tenth of the complete trials differs from all: of few trials it tells little.
      </p>
      <ChartData title="importance" fileName="importance.csv" data={data} />
    </>
  );
}

function totalOf(importance: SweepResults['importance'], name: string): number {
  return importance.reduce((sum, { shares }) => sum + (shares[name] ?? 0), 0);
}

function Bar({ share }: { share: number }) {
  return (
    <div className="share">
      <div style={{ width: `${Math.round(share * 100)}%` }} />
      <span>{Math.round(share * 100)}</span>
    </div>
  );
}
