namespace LoadBalancer.Configuration.Options;

/// <summary>What a service may be called where lb.json names one.</summary>
internal static class ServiceName
{
    public const string Pattern = "^[A-Za-z0-9_.@-]+$";

    public const string Rule = "not a possible name of a service; a name is made of letters, digits, - _ . @";
}
