/** A configuration of two simulated beacon nodes of different clients and clouds, which never fail by themselves. */
export const smallBeaconFleet = `
simulator: {}
networks:
  beacon:
    protocol: beacon
    blockTime: 1s
    upstreams:
      - { id: a, client: teku, provider: aws, simulated: { errorRate: 0% } }
      - { id: b, client: nimbus, provider: ovh, simulated: { errorRate: 0% } }
`;
