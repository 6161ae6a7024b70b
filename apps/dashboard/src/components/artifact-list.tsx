import { type ArtifactRef, formatBytes, type Job } from '#contracts';
import { useState } from 'react';
import { client } from '../api/client.js';
import { saveBytes } from '../api/download.js';
import { Scroll } from './scroll.js';
import { shortDigest } from '../format.js';

export function ArtifactList({ job }: { job: Job }) {
  const artifacts = job.stages.flatMap((stage) =>
    stage.artifacts.map((artifact) => ({ pass: stage.pass, index: stage.index, artifact })),
  );
  if (artifacts.length === 0) return null;
  return (
    <section aria-label="Artifacts">
      <h2>Artifacts</h2>
      <Scroll label="Artifacts">
        <table>
          <thead>
            <tr>
              <th>Stage</th>
              <th>File</th>
              <th className="number">Size</th>
              <th>SHA-256</th>
              <th>
                <span className="heard">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {artifacts.map(({ pass, index, artifact }) => (
              <tr key={`${index}/${artifact.name}`}>
                <td>{pass}</td>
                <td>{artifact.name}</td>
                <td className="number">{formatBytes(artifact.bytes)}</td>
                <td>
                  <code title={artifact.digest}>{shortDigest(artifact.digest)}</code>
                </td>
                <td>
                  <DownloadButton artifact={artifact} pass={pass} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function DownloadButton({ artifact, pass }: { artifact: ArtifactRef; pass: string }) {
  const [problem, setProblem] = useState<string | null>(null);
  const save = () =>
    saveBytes(client.getArtifact({ digest: artifact.digest }), artifact.name).catch((error: Error) =>
      setProblem(error.message),
    );
  return (
    <>
      <button type="button" className="quiet" onClick={save} aria-label={`Download ${artifact.name} of ${pass}`}>
        Download
      </button>
      {problem && <span className="problem">{problem}</span>}
    </>
  );
}
