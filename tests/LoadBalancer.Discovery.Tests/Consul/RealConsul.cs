using LoadBalancer.TestSupport;

namespace LoadBalancer.Discovery.Tests.Consul;

internal static class RealConsul
{
    /// <summary>Skips the running test where no Consul agent can be started.</summary>
    public static void OrSkip() => Assert.SkipUnless(ConsulAgent.Available, Tools.Missing("consul"));
}
