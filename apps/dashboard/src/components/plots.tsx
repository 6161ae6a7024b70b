import { PlotData, type ArtifactRef, type Job } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { client } from '../api/client.js';
import { wholeOf } from '../api/download.js';
import { stageName } from '../stage-name.js';
import { ChartData } from './chart-data.js';
import { Scroll } from './scroll.js';

/** The plots that stages wrote, as images: an SVG shown as an image runs no script and loads nothing. */
export function Plots({ job }: { job: Job }) {
  const plots = job.stages.flatMap((stage) =>
    stage.artifacts
      .filter(({ name }) => name.endsWith('.svg'))
      .map((artifact) => ({
        key: `${stage.index}/${artifact.name}`,
        pass: stageName(job.stages, stage),
        artifact,
      })),
  );
  if (plots.length === 0) return null;
  return (
    <section aria-label="Plots">
      <h2>Plots</h2>
      <div className="plots">
        {plots.map(({ key, pass, artifact }) => (
          <Plot key={key} pass={pass} artifact={artifact} />
        ))}
      </div>
    </section>
  );
}

function Plot({ pass, artifact }: { pass: string; artifact: ArtifactRef }) {
  const { data, error } = useQuery({
    queryKey: ['artifact', artifact.digest],
    queryFn: async ({ signal }) => (await wholeOf(client.getArtifact({ digest: artifact.digest }, { signal }))).text(),
    staleTime: Infinity,
  });
  const url = useObjectUrl(data);
  const shown = useMemo(() => (data === undefined ? null : dataOf(data)), [data]);
  const name = artifact.name.replace(/\.svg$/, '');
  return (
    <figure className="card">
      {url && (
        <Scroll label={`Plot ${artifact.name} of ${pass}`}>
          <img src={url} alt={`${artifact.name} of ${pass}`} />
        </Scroll>
      )}
      {error && <p className="problem">{error.message}</p>}
      <figcaption className="quiet">
        {pass}: {artifact.name}
      </figcaption>
      {data !== undefined && !shown && <p className="quiet">This file holds no figures to show as a table.</p>}
      {shown && <ChartData title={`${name} of ${pass}`} fileName={`${pass}-${name}.csv`} data={() => shown} />}
    </figure>
  );
}

/** What a plot holds of what it shows; null in those that do not hold it, as of before. */
function dataOf(svg: string): PlotData | null {
  const text = new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('metadata')?.textContent;
  try {
    return text ? PlotData.parse(JSON.parse(text)) : null;
  } catch {
    return null;
  }
}

function useObjectUrl(svg: string | undefined): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (svg === undefined) return undefined;
    const made = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  return url;
}
