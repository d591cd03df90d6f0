using System.IO.Pipelines;

namespace LoadBalancer.Http.Handover;

/// <summary>A connection of which something has been read already: that comes first, then the rest.</summary>
internal sealed class ReadAgain(byte[] received, IDuplexPipe transport) : IDuplexPipe
{
    public PipeReader Input { get; } = PipeReader.Create(new PrefixedStream(received, transport.Input.AsStream()));

    public PipeWriter Output => transport.Output;
}
