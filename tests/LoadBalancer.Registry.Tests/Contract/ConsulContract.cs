using LoadBalancer.Registry.Tests.Contract;

[assembly: AssemblyFixture(typeof(ConsulTarget))]

// The contract over a real Consul agent; the same over the embedded registry is in EmbeddedContract.cs.
namespace LoadBalancer.Registry.Tests.Contract.Consul;

public sealed class Registration(ConsulTarget target) : RegistrationContract(target);

public sealed class Health(ConsulTarget target) : HealthContract(target);

public sealed class Blocking(ConsulTarget target) : BlockingContract(target);

public sealed class Catalog(ConsulTarget target) : CatalogContract(target);

public sealed class KeyValue(ConsulTarget target) : KeyValueContract(target);

public sealed class Dns(ConsulTarget target) : DnsContract(target);
