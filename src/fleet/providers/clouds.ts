import { providers } from "./provider.ts";

/**
 * Clouds that rent machines by the hour, dedicated servers included where one company offers both.
 * ASNs: number and name were seen together in ipverse as-metadata or asn-info, unless a comment says otherwise.
 * Regions: the names that each provider's documentation and API use.
 */
export const clouds = providers("cloud", [
  {
    key: "aws",
    name: "Amazon Web Services",
    asns: [16509, 14618, 8987], // 8987: community lists only
    seat: "us",
    regions: `
      us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 ca-central-1 ca-west-1 mx-central-1 sa-east-1
      eu-west-1 eu-west-2 eu-west-3 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2
      il-central-1 me-south-1 me-central-1 af-south-1 ap-south-1 ap-south-2 ap-east-1 ap-east-2
      ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4
      ap-southeast-5 ap-southeast-6 ap-southeast-7 cn-north-1 cn-northwest-1`,
    hosts: ["amazonaws.com", "amazonaws.com.cn", "on.aws"],
    keyIn: ["?billingtoken={key}"],
    quirks: ["us-east-1 holds parts that other regions need: its outage of 20 October 2025 was felt far beyond it"],
  },
  {
    key: "azure",
    name: "Microsoft Azure",
    asns: [8075, 8068, 12076], // 8068, 12076: community lists only
    seat: "us",
    regions: `
      eastus eastus2 centralus northcentralus southcentralus westcentralus westus westus2 westus3
      canadacentral canadaeast mexicocentral brazilsouth brazilsoutheast chilecentral
      northeurope westeurope uksouth ukwest francecentral francesouth germanywestcentral germanynorth
      switzerlandnorth switzerlandwest norwayeast norwaywest swedencentral polandcentral italynorth spaincentral
      austriaeast israelcentral qatarcentral uaenorth uaecentral southafricanorth southafricawest
      eastasia southeastasia japaneast japanwest koreacentral koreasouth centralindia southindia westindia
      indonesiacentral malaysiawest australiaeast australiasoutheast australiacentral newzealandnorth`,
    hosts: ["azure.com", "azurewebsites.net", "azure-api.net", "azurecontainerapps.io"],
    quirks: ["its CDN, Front Door, is a failure domain of its own: it failed worldwide on 29 October 2025"],
  },
  {
    key: "gcp",
    name: "Google Cloud",
    asns: [396982, 15169, 19527], // 19527: community lists only
    seat: "us",
    regions: `
      us-central1 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4
      northamerica-northeast1 northamerica-northeast2 northamerica-south1 southamerica-east1 southamerica-west1
      europe-central2 europe-north1 europe-north2 europe-southwest1 europe-west1 europe-west2 europe-west3
      europe-west4 europe-west6 europe-west8 europe-west9 europe-west10 europe-west12
      asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1 asia-south2
      asia-southeast1 asia-southeast2 asia-southeast3 australia-southeast1 australia-southeast2
      me-central1 me-central2 me-west1 africa-south1`,
    hosts: ["googleapis.com", "googleusercontent.com", "run.app", "appspot.com"],
    keyIn: ["?key={key}"],
    quirks: ["all regions failed at once on 12 June 2025; us-central1 took hours longer as clients returned together"],
  },
  {
    key: "oracle",
    name: "Oracle Cloud",
    asns: [31898],
    seat: "us",
    regions: `
      us-ashburn-1 us-phoenix-1 us-sanjose-1 us-chicago-1 ca-toronto-1 ca-montreal-1 mx-queretaro-1 mx-monterrey-1
      sa-saopaulo-1 sa-vinhedo-1 sa-santiago-1 sa-valparaiso-1 sa-bogota-1
      uk-london-1 uk-cardiff-1 eu-frankfurt-1 eu-amsterdam-1 eu-zurich-1 eu-paris-1 eu-marseille-1 eu-milan-1
      eu-madrid-1 eu-stockholm-1 eu-jovanovac-1 il-jerusalem-1 me-dubai-1 me-abudhabi-1 me-jeddah-1 me-riyadh-1
      af-johannesburg-1 ap-tokyo-1 ap-osaka-1 ap-seoul-1 ap-chuncheon-1 ap-mumbai-1 ap-hyderabad-1
      ap-singapore-1 ap-singapore-2 ap-sydney-1 ap-melbourne-1`,
    hosts: ["oraclecloud.com"],
  },
  {
    key: "hetzner",
    name: "Hetzner",
    asns: [24940, 213230, 212317, 215859], // 215859: community lists only
    seat: "de",
    regions: "fsn1 nbg1 hel1 ash hil sin",
    hosts: ["your-server.de"],
    quirks: [
      "on 2 November 2022 it banned over 1,000 Solana validators without notice, a fifth of the stake",
      "its US addresses are mostly announced by AS24940 too: the ASN does not tell the region",
    ],
  },
  {
    key: "ovh",
    name: "OVHcloud",
    asns: [16276], // not 35540: OVH Telecom, access lines
    seat: "fr",
    regions: "gra rbx sbg par lim waw eri bhs tor vin hil sgp syd ynm",
    hosts: ["ovh.net", "ovh.ca", "ovh.us", "ovhcloud.com"],
    quirks: [
      "data centres of one site fall together: after the fire of 10 March 2021 all four of sbg were off for days",
    ],
  },
  {
    key: "scaleway",
    name: "Scaleway",
    asns: [12876],
    seat: "fr",
    regions: "fr-par nl-ams pl-waw",
    hosts: ["scw.cloud", "poneytelecom.eu"],
  },
  {
    key: "digitalocean",
    name: "DigitalOcean",
    asns: [14061, 62567, 200130], // 62567, 200130: community lists only
    seat: "us",
    regions: "nyc1 nyc2 nyc3 sfo2 sfo3 atl1 ric1 tor1 ams3 lon1 fra1 sgp1 blr1 syd1",
    hosts: ["ondigitalocean.app"],
  },
  {
    key: "linode",
    name: "Akamai Cloud (Linode)",
    asns: [63949],
    seat: "us",
    regions: `
      us-east us-central us-west us-southeast us-iad us-ord us-sea us-mia us-lax ca-central br-gru
      eu-west eu-central gb-lon de-fra-2 fr-par nl-ams se-sto it-mil es-mad
      ap-south sg-sin-2 ap-northeast jp-osa jp-tyo-3 ap-west in-maa in-bom-2 id-cgk ap-southeast au-mel`,
    hosts: ["linodeusercontent.com", "members.linode.com"],
  },
  {
    key: "vultr",
    name: "Vultr",
    asns: [20473],
    seat: "us",
    regions: `
      ewr ord dfw atl mia lax sea sjc hnl yto mex sao scl lhr man ams fra cdg mad sto waw tlv jnb
      nrt itm icn sgp bom del blr syd mel`,
    hosts: ["vultrusercontent.com"],
  },
  {
    key: "alibaba",
    name: "Alibaba Cloud",
    asns: [45102, 37963], // 37963: community lists only
    seat: "cn",
    regions: `
      cn-hangzhou cn-shanghai cn-beijing cn-shenzhen cn-qingdao cn-zhangjiakou cn-hongkong ap-northeast-1
      ap-northeast-2 ap-southeast-1 ap-southeast-3 ap-southeast-5 ap-southeast-6 ap-southeast-7
      us-east-1 us-west-1 eu-central-1 eu-west-1 me-east-1`,
    hosts: ["aliyuncs.com"],
  },
  {
    key: "tencent",
    name: "Tencent Cloud",
    asns: [132203, 45090],
    seat: "cn",
    regions: `
      ap-guangzhou ap-shanghai ap-nanjing ap-beijing ap-chengdu ap-hongkong ap-singapore ap-jakarta ap-bangkok
      ap-seoul ap-tokyo na-siliconvalley na-ashburn sa-saopaulo eu-frankfurt`,
    hosts: ["myqcloud.com"],
  },
  {
    key: "ibm",
    name: "IBM Cloud",
    asns: [36351],
    seat: "us",
    regions: "us-south us-east ca-tor ca-mon br-sao eu-de eu-gb eu-es jp-tok jp-osa au-syd",
    hosts: ["appdomain.cloud"],
  },
  { key: "contabo", name: "Contabo", asns: [51167, 40021], seat: "de", hosts: ["contaboserver.net"] },
  { key: "netcup", name: "netcup", asns: [197540], seat: "de" },
  { key: "ionos", name: "IONOS", asns: [8560], seat: "de" },
  { key: "upcloud", name: "UpCloud", asns: [202053, 25697], seat: "fi" },
  { key: "exoscale", name: "Exoscale", asns: [61098], seat: "ch" },
]);
