namespace LoadBalancer.Reactor.Http.Parsing;

/// <summary>A part of a head's bytes.</summary>
internal readonly record struct Slice(int Start, int Length)
{
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> head) => head.Slice(Start, Length);
}
