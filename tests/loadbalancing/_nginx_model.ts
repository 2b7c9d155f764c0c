/** nginx's peer, as far as choosing goes. */
interface ModelPeer {
  readonly id: string;
  weight: number;
  current: number;
}

/** `ngx_http_upstream_get_peer` retold as simply as can be, with peers that are down or were tried. */
export class NginxModel {
  readonly peers: ModelPeer[];

  constructor(weights: Readonly<Record<string, number>>) {
    this.peers = Object.entries(weights).map(([id, weight]) => ({ id, weight, current: 0 }));
  }

  pick(isDown: (id: string) => boolean = () => false): string | undefined {
    const up = this.peers.filter(({ id }) => !isDown(id));
    for (const peer of up) peer.current += peer.weight;
    const most = Math.max(...up.map(({ current }) => current));
    const best = up.find(({ current }) => current === most);
    if (best !== undefined) best.current -= up.reduce((sum, { weight }) => sum + weight, 0);
    return best?.id;
  }
}
