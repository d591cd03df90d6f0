namespace LoadBalancer.Registry.State;

/// <summary>A key and its value, in the JSON shape of Consul: the value is Base64, an empty one is null.</summary>
internal sealed record KeyValueRow
{
    public ulong LockIndex { get; init; }

    public required string Key { get; init; }

    public ulong Flags { get; init; }

    public byte[]? Value { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }
}
