using LoadBalancer.Soak.Checks;
using LoadBalancer.Soak.Messages;

namespace LoadBalancer.Soak.Clients;

/// <summary>Takes its time to read what is long.</summary>
internal sealed class SlowClient(int port, string service, Ledger ledger, Tally tally, int seed) : HttpClient(() => port, service, ledger, tally, seed)
{
    private const int Longest = 1024 * 1024;

    public override bool IsCalm => true;

    protected override async Task TurnAsync()
    {
        var wire = await ConnectAsync(Port, receiveBuffer: 4096, readPause: TimeSpan.FromMilliseconds(1));
        for (var left = Random.Next(1, 4); left > 0; left--)
        {
            var plan = Choose() with { Act = Act.None, AnswerLength = Random.Next(Longest), AnswerFraming = (Framing)Random.Next((int)Framing.Length, (int)Framing.UntilClose + 1) };
            Tally.May();
            WriteHead(wire, plan);
            await WriteBodyAsync(wire, plan);
            await wire.FlushAsync();
            Tally.Has();
            if (!await ReadAnswerAsync(wire, plan))
            {
                return;
            }
        }
    }
}
