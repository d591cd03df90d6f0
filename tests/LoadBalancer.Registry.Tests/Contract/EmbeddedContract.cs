using LoadBalancer.Registry.Tests.Contract;

[assembly: AssemblyFixture(typeof(EmbeddedTarget))]

// The contract over the embedded registry; the same over Consul is in ConsulContract.cs.
namespace LoadBalancer.Registry.Tests.Contract.Embedded;

public sealed class Registration(EmbeddedTarget target) : RegistrationContract(target);

public sealed class Health(EmbeddedTarget target) : HealthContract(target);

public sealed class Blocking(EmbeddedTarget target) : BlockingContract(target);

public sealed class Catalog(EmbeddedTarget target) : CatalogContract(target);

public sealed class KeyValue(EmbeddedTarget target) : KeyValueContract(target);

public sealed class Dns(EmbeddedTarget target) : DnsContract(target);
