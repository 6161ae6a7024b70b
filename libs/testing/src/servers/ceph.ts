import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Daemon, freePort, isListening, runTool, startDaemon, until } from './daemon.js';
import { TestServerError } from './errors.js';
import { ensurePrograms } from './programs.js';

const PROGRAMS = ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph', 'monmaptool', 'radosgw-admin'];
const PACKAGES = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-mgr', 'ceph-common'];

/** Generous: the machine may be busy with tests. */
const START_MS = 90_000;

export interface TestS3 {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
}

/**
 * A Ceph cluster of one monitor, one storage daemon in memory and one gateway, on free loopback ports below one folder:
 * a real S3 server with real signatures, multipart uploads and conditional requests. With the monitor told not to
 * gather proposals it is up in about four seconds instead of fifteen.
 */
export async function startCeph(folder: string, path: string): Promise<TestS3> {
  await ensurePrograms(PROGRAMS, PACKAGES, path);
  await Promise.all(
    ['mon', 'osd', 'mgr', 'rgw', 'run', 'log'].map((name) => mkdir(join(folder, name), { recursive: true })),
  );
  const [monitorPort, gatewayPort] = [await freePort(), await freePort()];
  const cluster = { fsid: randomUUID(), monitorPort, gatewayPort, folder };
  const conf = join(folder, 'ceph.conf');
  await writeFile(conf, configuration(cluster));
  const keys = { accessKeyId: randomBytes(10).toString('hex'), secretAccessKey: randomBytes(20).toString('hex') };
  const daemons: Daemon[] = [];
  const tool = (program: string, ...args: string[]): Promise<string> =>
    retryRefused(() => runTool(program, ['-c', conf, ...args], path));
  const start = (program: string, ...args: string[]): Daemon => {
    const daemon = startDaemon(program, ['-c', conf, ...args, '-f'], folder, path);
    daemons.push(daemon);
    return daemon;
  };
  const stop = async (): Promise<void> => void (await Promise.all(daemons.map((running) => running.stop())));
  try {
    await runTool(
      'monmaptool',
      [
        '--create',
        '--clobber',
        '--fsid',
        cluster.fsid,
        '--addv',
        'a',
        `[v1:127.0.0.1:${monitorPort}]`,
        join(folder, 'monmap'),
      ],
      path,
    );
    await tool('ceph-mon', '--mkfs', '-i', 'a', '--monmap', join(folder, 'monmap'));
    const monitor = start('ceph-mon', '-i', 'a');
    await until(
      'ceph-mon',
      () =>
        tool('ceph', '--connect-timeout', '5', 'mon', 'stat').then(
          () => true,
          () => false,
        ),
      monitor,
      START_MS,
    );
    const osd = randomUUID();
    await tool('ceph', '--connect-timeout', '30', 'osd', 'new', osd);
    await tool('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
    await tool('ceph', 'osd', 'crush', 'add', 'osd.0', '1.0', 'host=localhost', 'root=default');
    await retryRefused(async () =>
      until(
        'ceph-osd',
        async () => (await tool('ceph', 'osd', 'stat')).includes('1 up'),
        start('ceph-osd', '-i', '0'),
        START_MS,
      ),
    );
    await tool(
      'radosgw-admin',
      'user',
      'create',
      '--uid',
      'test',
      '--display-name',
      'test',
      '--access-key',
      keys.accessKeyId,
      '--secret-key',
      keys.secretAccessKey,
    );
    await retryRefused(async () =>
      until('radosgw', () => isListening(gatewayPort), start('radosgw', '-n', 'client.rgw.a'), START_MS),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint: `http://127.0.0.1:${gatewayPort}`, ...keys, stop };
}

const REFUSED = /EPERM|Operation not permitted/;
const REFUSALS = 10;

/** A young monitor now and then gives a client a session without rights; the next session has them. */
async function retryRefused<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TestServerError && REFUSED.test(error.message)) || attempt === REFUSALS) throw error;
    }
  }
}

function configuration({
  fsid,
  monitorPort,
  gatewayPort,
  folder,
}: {
  fsid: string;
  monitorPort: number;
  gatewayPort: number;
  folder: string;
}): string {
  return `[global]
fsid = ${fsid}
mon_host = v1:127.0.0.1:${monitorPort}
mon_initial_members = a
public_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = ${folder}/run
admin_socket =
log_file = ${folder}/log/$name.log
pid_file = ${folder}/run/$name.pid
crash_dir = ${folder}/log
ms_bind_ipv6 = false
ms_bind_msgr2 = false
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pgp_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
osd_class_update_on_start = false
osd_max_object_name_len = 1024
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
mon_osd_full_ratio = .99
mon_data_avail_warn = 1
mon_data_avail_crit = 1
mon_cluster_log_file = ${folder}/log/cluster.log
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
mon_data = ${folder}/mon
osd_data = ${folder}/osd
mgr_data = ${folder}/mgr
rgw_data = ${folder}/rgw
memstore_device_bytes = 2147483648
memstore_page_set = false
rgw_frontends = beast endpoint=127.0.0.1:${gatewayPort}
rgw_enable_usage_log = false
rgw_gc_obj_min_wait = 60
`;
}
