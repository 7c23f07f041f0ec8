/** A point on the earth, in degrees: north and east are positive. */
export interface Location {
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * Where regions of the catalogue are: latitude and longitude, to a tenth of a degree, of the city or the part of a state
 * that the provider's own documentation names for the region. Machines of a region stand within some 100 km of each other,
 * and some providers name no more than a state, so that nothing follows from less than {@link vaguenessKm}. Regions whose
 * city nobody names are left out.
 */
const places = `
39.0 -77.5   aws/us-east-1 gcp/us-east4 oracle/us-ashburn-1 tencent/na-ashburn latitude/ash hetzner/ash
             linode/us-iad equinix/dc ovh/vin alibaba/us-east-1
40.0 -83.0   aws/us-east-2 aws/us-gov-east-1 gcp/us-east5
37.4 -122.0  aws/us-west-1 oracle/us-sanjose-1 tencent/na-siliconvalley alibaba/us-west-1 equinix/sv
             linode/us-west vultr/sjc digitalocean/sfo2 digitalocean/sfo3 azure/westus
45.8 -119.7  aws/us-west-2
45.6 -121.2  gcp/us-west1
45.5 -122.9  hetzner/hil ovh/hil
45.5 -73.6   aws/ca-central-1 gcp/northamerica-northeast1 oracle/ca-montreal-1 ibm/ca-mon
45.3 -73.9   ovh/bhs
51.0 -114.1  aws/ca-west-1
20.6 -100.4  aws/mx-central-1 azure/mexicocentral gcp/northamerica-south1 oracle/mx-queretaro-1
25.7 -100.3  oracle/mx-monterrey-1
19.4 -99.1   latitude/mex latitude/mex2 vultr/mex
-23.5 -46.6  aws/sa-east-1 gcp/southamerica-east1 azure/brazilsouth oracle/sa-saopaulo-1 tencent/sa-saopaulo
             ibm/br-sao latitude/sao latitude/sao2 linode/br-gru vultr/sao equinix/sp
-22.9 -43.2  azure/brazilsoutheast
-23.0 -47.0  oracle/sa-vinhedo-1
-33.0 -71.6  oracle/sa-valparaiso-1
44.0 20.9    oracle/eu-jovanovac-1
-33.4 -70.7  gcp/southamerica-west1 oracle/sa-santiago-1 vultr/scl azure/chilecentral
-34.6 -58.4  latitude/bue
4.7 -74.1    oracle/sa-bogota-1
53.3 -6.3    aws/eu-west-1 azure/northeurope
51.5 -0.1    aws/eu-west-2 gcp/europe-west2 azure/uksouth oracle/uk-london-1 alibaba/eu-west-1 digitalocean/lon1
             linode/eu-west linode/gb-lon vultr/lhr latitude/lon equinix/ld ovh/eri ibm/eu-gb
51.5 -3.2    azure/ukwest oracle/uk-cardiff-1
53.5 -2.2    vultr/man
48.9 2.4     aws/eu-west-3 gcp/europe-west9 azure/francecentral oracle/eu-paris-1 scaleway/fr-par linode/fr-par
             vultr/cdg ovh/par equinix/pa
50.1 8.7     aws/eu-central-1 gcp/europe-west3 azure/germanywestcentral oracle/eu-frankfurt-1
             tencent/eu-frankfurt alibaba/eu-central-1 digitalocean/fra1 linode/eu-central linode/de-fra-2
             vultr/fra latitude/fra equinix/fr ovh/lim ibm/eu-de
50.5 12.4    hetzner/fsn1
49.5 11.1    hetzner/nbg1
60.2 24.9    hetzner/hel1
52.5 13.4    gcp/europe-west10 azure/germanynorth
47.4 8.5     aws/eu-central-2 gcp/europe-west6 azure/switzerlandnorth oracle/eu-zurich-1
46.2 6.1     azure/switzerlandwest
59.3 18.1    aws/eu-north-1 gcp/europe-north2 oracle/eu-stockholm-1 linode/se-sto vultr/sto
60.7 17.1    azure/swedencentral
60.6 27.2    gcp/europe-north1
45.5 9.2     aws/eu-south-1 gcp/europe-west8 azure/italynorth oracle/eu-milan-1 linode/it-mil
45.1 7.7     gcp/europe-west12
41.6 -0.9    aws/eu-south-2
40.4 -3.7    gcp/europe-southwest1 azure/spaincentral oracle/eu-madrid-1 linode/es-mad vultr/mad equinix/md
             ibm/eu-es
43.3 5.4     oracle/eu-marseille-1 azure/francesouth
52.4 4.9     azure/westeurope oracle/eu-amsterdam-1 digitalocean/ams3 linode/nl-ams vultr/ams scaleway/nl-ams
             equinix/am
53.4 6.8     gcp/europe-west4
50.4 3.8     gcp/europe-west1
52.2 21.0    gcp/europe-central2 azure/polandcentral scaleway/pl-waw vultr/waw ovh/waw
50.7 3.2     ovh/rbx
51.0 2.1     ovh/gra
48.6 7.8     ovh/sbg
59.9 10.7    azure/norwayeast
59.0 5.7     azure/norwaywest
48.2 16.4    azure/austriaeast
32.1 34.8    aws/il-central-1 gcp/me-west1 azure/israelcentral vultr/tlv
31.8 35.2    oracle/il-jerusalem-1
26.1 50.5    aws/me-south-1
25.2 55.3    aws/me-central-1 azure/uaenorth oracle/me-dubai-1 alibaba/me-east-1
24.5 54.4    azure/uaecentral oracle/me-abudhabi-1
25.3 51.5    azure/qatarcentral gcp/me-central1
26.4 50.1    gcp/me-central2
21.5 39.2    oracle/me-jeddah-1
24.7 46.7    oracle/me-riyadh-1
-33.9 18.4   aws/af-south-1 azure/southafricawest
-26.2 28.0   azure/southafricanorth gcp/africa-south1 oracle/af-johannesburg-1 vultr/jnb
19.1 72.9    aws/ap-south-1 gcp/asia-south1 azure/westindia oracle/ap-mumbai-1 linode/ap-west linode/in-bom-2
             vultr/bom ovh/ynm
17.4 78.5    aws/ap-south-2 oracle/ap-hyderabad-1
28.6 77.2    gcp/asia-south2 vultr/del
18.5 73.9    azure/centralindia
13.1 80.3    azure/southindia linode/in-maa
13.0 77.6    digitalocean/blr1 vultr/blr
22.3 114.2   aws/ap-east-1 gcp/asia-east2 azure/eastasia alibaba/cn-hongkong tencent/ap-hongkong equinix/hk
24.1 120.5   gcp/asia-east1
25.0 121.6   aws/ap-east-2
35.7 139.7   aws/ap-northeast-1 gcp/asia-northeast1 azure/japaneast oracle/ap-tokyo-1 alibaba/ap-northeast-1
             tencent/ap-tokyo linode/ap-northeast linode/jp-tyo-3 vultr/nrt latitude/tyo equinix/ty ibm/jp-tok
34.7 135.5   aws/ap-northeast-3 gcp/asia-northeast2 azure/japanwest oracle/ap-osaka-1 linode/jp-osa vultr/itm
             equinix/os ibm/jp-osa
37.6 127.0   aws/ap-northeast-2 gcp/asia-northeast3 azure/koreacentral oracle/ap-seoul-1 alibaba/ap-northeast-2
             tencent/ap-seoul vultr/icn equinix/sl
37.9 127.7   oracle/ap-chuncheon-1
35.2 129.1   azure/koreasouth
1.3 103.8    aws/ap-southeast-1 gcp/asia-southeast1 azure/southeastasia oracle/ap-singapore-1
             oracle/ap-singapore-2 alibaba/ap-southeast-1 tencent/ap-singapore digitalocean/sgp1 linode/ap-south
             linode/sg-sin-2 vultr/sgp ovh/sgp hetzner/sin equinix/sg
-6.2 106.8   aws/ap-southeast-3 gcp/asia-southeast2 azure/indonesiacentral alibaba/ap-southeast-5
             tencent/ap-jakarta linode/id-cgk
3.1 101.7    aws/ap-southeast-5 azure/malaysiawest alibaba/ap-southeast-3
13.8 100.5   aws/ap-southeast-7 gcp/asia-southeast3 alibaba/ap-southeast-7 tencent/ap-bangkok
-33.9 151.2  aws/ap-southeast-2 gcp/australia-southeast1 azure/australiaeast oracle/ap-sydney-1 digitalocean/syd1
             linode/ap-southeast vultr/syd latitude/syd ovh/syd equinix/sy ibm/au-syd
-37.8 145.0  aws/ap-southeast-4 gcp/australia-southeast2 azure/australiasoutheast oracle/ap-melbourne-1
             linode/au-mel vultr/mel equinix/me
-35.3 149.1  azure/australiacentral
-36.8 174.8  aws/ap-southeast-6 azure/newzealandnorth
39.9 116.4   aws/cn-north-1 alibaba/cn-beijing tencent/ap-beijing
37.5 105.2   aws/cn-northwest-1
30.3 120.2   alibaba/cn-hangzhou
31.2 121.5   alibaba/cn-shanghai tencent/ap-shanghai
22.5 114.1   alibaba/cn-shenzhen
36.1 120.4   alibaba/cn-qingdao
40.8 114.9   alibaba/cn-zhangjiakou
23.1 113.3   tencent/ap-guangzhou
32.1 118.8   tencent/ap-nanjing
30.7 104.1   tencent/ap-chengdu
14.6 121.0   alibaba/ap-southeast-6
41.3 -95.9   gcp/us-central1
41.6 -93.6   azure/centralus
33.2 -80.0   gcp/us-east1
37.4 -78.7   azure/eastus azure/eastus2
41.9 -87.6   azure/northcentralus oracle/us-chicago-1 linode/us-ord vultr/ord latitude/chi equinix/ch
29.4 -98.5   azure/southcentralus
32.8 -96.8   gcp/us-south1 linode/us-central vultr/dfw latitude/dal equinix/da ibm/us-south
41.1 -104.8  azure/westcentralus
47.2 -119.9  azure/westus2
33.4 -112.1  azure/westus3 oracle/us-phoenix-1
34.1 -118.2  gcp/us-west2 linode/us-lax vultr/lax latitude/lax latitude/lax2 equinix/la
40.8 -111.9  gcp/us-west3
36.2 -115.1  gcp/us-west4
47.6 -122.3  linode/us-sea vultr/sea equinix/se
40.7 -74.0   digitalocean/nyc1 digitalocean/nyc2 digitalocean/nyc3 linode/us-east vultr/ewr latitude/nyc
             equinix/ny
33.7 -84.4   digitalocean/atl1 linode/us-southeast vultr/atl equinix/at
25.8 -80.2   linode/us-mia vultr/mia latitude/mia equinix/mi
37.5 -77.4   digitalocean/ric1
21.3 -157.9  vultr/hnl
43.7 -79.4   gcp/northamerica-northeast2 azure/canadacentral oracle/ca-toronto-1 digitalocean/tor1
             linode/ca-central vultr/yto ovh/tor equinix/tr ibm/ca-tor
46.8 -71.2   azure/canadaeast
38.9 -77.0   ibm/us-east
`;

/** So far from its point in the table, in kilometres, machines of a region may stand. */
export const vaguenessKm = 300;

const byRegion = new Map<string, Location>();
for (const row of places.trim().split(/\n(?=\S)/)) {
  const [latitude, longitude, ...regions] = row.trim().split(/\s+/);
  for (const region of regions) {
    byRegion.set(region, { latitude: Number(latitude), longitude: Number(longitude) });
  }
}

/** Where a region of the catalogue is; `undefined` when that is not known. */
export function locationOf(region: string): Location | undefined {
  return byRegion.get(region);
}

/** All regions whose place is known. */
export const locatedRegions: readonly string[] = [...byRegion.keys()];
