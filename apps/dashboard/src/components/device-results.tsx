import type { Benchmark, Job, ModelTiming } from '#contracts';
import { conditionChange, formatBytes, formatLatencyRatio, isFinal } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../api/client.js';
import { energyCell, energyLine } from './energy-words.js';
import { LatencyDistribution } from './latency-distribution.js';
import { ProblemNotice } from './problem.js';
import { Scroll } from './scroll.js';
import { StateBadge } from './state-badge.js';
import { DeviceThroughput } from './device-throughput.js';

const ASK_AGAIN_MS = 5000;

/** What devices measured for a job, each with its state and the reason; nothing where none was asked. */
export function DeviceResults({ job }: { job: Job }) {
  const isAsked = job.stages.some(({ options }) => Array.isArray(options['devices']) && options['devices'].length > 0);
  const { data, error } = useQuery({
    queryKey: ['benchmarks', job.id, job.state],
    enabled: isAsked,
    queryFn: ({ signal }) => client.jobBenchmarks({ id: job.id }, { signal }),
    refetchInterval: isFinal(job.state) ? false : ASK_AGAIN_MS,
  });
  if (!isAsked) return null;
  return (
    <section aria-label="On devices">
      <h2>On devices</h2>
      <ProblemNotice error={error} />
      {data?.items.length === 0 && <p className="quiet">Devices are asked once the stage that names them is done.</p>}
      <ul className="plain cards">
        {(data?.items ?? []).map((benchmark) => (
          <DeviceCard key={benchmark.id} benchmark={benchmark} />
        ))}
      </ul>
    </section>
  );
}

/** What heat leaves of the speed of each model. */
const sustainedWords = (models: readonly ModelTiming[]): string[] =>
  models.flatMap(({ label, sustained }) =>
    sustained
      ? [`${label}: last ${Math.round(sustained.windowSeconds)} s over first: ${sustained.ratio.toFixed(2)} times`]
      : [],
  );

function DeviceCard({ benchmark }: { benchmark: Benchmark }) {
  const { asked, device, state, reason, cached, result } = benchmark;
  const [isOpen, setOpen] = useState(false);
  const name = device ?? asked;
  return (
    <li className="card">
      <div className="heading">
        <h3>{name}</h3>
        <StateBadge state={state} />
        {cached && <span className="badge cached">cached</span>}
        <span className="quiet">{reason}</span>
      </div>
      {result && (
        <>
          <Timings name={name} models={result.models} />
          <DeviceThroughput name={name} points={result.throughput ?? []} />
          <p className="quiet">{conditionChange(result)}</p>
          {energyLine(result) !== null && <p className="quiet">{energyLine(result)}</p>}
          {[...(result.warnings ?? []), ...sustainedWords(result.models), ...result.notes].map((note) => (
            <p key={note} className="warning">
              {note}
            </p>
          ))}
          <details onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>
              Distribution of single runs<span className="heard"> on {name}</span>
            </summary>
            {isOpen && <LatencyDistribution device={name} result={result} />}
          </details>
        </>
      )}
    </li>
  );
}

const MS_COLUMNS = ['p50', 'p90', 'p95', 'p99'] as const;

function Timings({ name, models }: { name: string; models: readonly ModelTiming[] }) {
  const hasEnergy = models.some(({ energy }) => energy !== undefined);
  return (
    <Scroll isCards label={`Times on ${name}`}>
      <table>
        <thead>
          <tr>
            <th>Model</th>
            {MS_COLUMNS.map((column) => (
              <th key={column} className="number">
                {column} (ms)
              </th>
            ))}
            <th className="number">95 % interval of the median (ms)</th>
            <th className="number">Against the original</th>
            <th className="number">Cold load (ms)</th>
            <th className="number">Memory</th>
            {hasEnergy && <th className="number">Energy of a run</th>}
          </tr>
        </thead>
        <tbody>
          {models.map((model, index) => (
            <tr key={index}>
              <th scope="row">{model.label}</th>
              {MS_COLUMNS.map((column) => (
                <td key={column} className="number">
                  {model[column].toFixed(3)}
                </td>
              ))}
              <td className="number">{intervalOf(model)}</td>
              <td className="number">{model.latencyRatio ? formatLatencyRatio(model.latencyRatio) : '–'}</td>
              <td className="number">{model.coldLoadMs.toFixed(1)}</td>
              <td className="number">{model.peakRssBytes === null ? '–' : formatBytes(model.peakRssBytes)}</td>
              {hasEnergy && <td className="number">{energyCell(model)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const intervalOf = ({ low, high }: ModelTiming): string =>
  low === null || high === null ? 'too few runs' : `${low.toFixed(3)}..${high.toFixed(3)}`;
