namespace LoadBalancer.Registry.State;

/// <summary>What a blocking query watches: a table, or one service of the catalog.</summary>
internal readonly record struct Scope(Table Table, string Service = "")
{
    /// <summary>One service by name; names differ only by more than case.</summary>
    public static Scope Of(string service) => new(Table.Services, service.ToUpperInvariant());
}
