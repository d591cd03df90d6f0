using LoadBalancer.Configuration.Text;

namespace LoadBalancer.Configuration.Rules;

/// <summary>The rules that hold between several sections of lb.json. They run on options that are right one by one.</summary>
internal static class ConfigurationRules
{
    /// <summary>Reports what breaks a rule.</summary>
    public static void Check(LbOptions options, JsonTreeNode root, ConfigurationReport report)
    {
        ListenerRules.Check(options, root, report);
        ServiceRules.Check(options, root, report);
        FallbackRules.Check(options, root, report);
        RouteRules.Check(options, root, report);
    }
}
