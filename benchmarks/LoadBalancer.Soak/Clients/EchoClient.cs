using LoadBalancer.Soak.Checks;
using LoadBalancer.Soak.Messages;

namespace LoadBalancer.Soak.Clients;

/// <summary>Sends over TCP what must come back.</summary>
/// <param name="isCalm">Whether neither side leaves in the middle.</param>
/// <param name="port">The listener's.</param>
/// <param name="ledger">What there was.</param>
/// <param name="tally">Of the service.</param>
/// <param name="seed">Of its chance.</param>
internal sealed class EchoClient(bool isCalm, int port, Ledger ledger, Tally tally, int seed) : Client(ledger, tally, seed)
{
    public override bool IsCalm => isCalm;

    protected override async Task TurnAsync()
    {
        var number = Ledger.Begin();
        Tally.May();
        var wire = await ConnectAsync(port);
        var leaves = !isCalm && Random.Next(2) == 0;
        for (var left = Random.Next(0, 20); left > 0; left--)
        {
            var length = Random.Next(Random.Next(10) == 0 ? 512 * 1024 : 4096);
            var sending = SendAsync(wire, number, length);
            if (leaves && left == 1)
            {
                wire.Reset();
                return;
            }
            Progress();
            try
            {
                await wire.ReadBodyAsync(Framing.Length, length, number);
            }
            finally
            {
                await sending;
            }
        }
        wire.EndSending();
        Progress();
        if (!await wire.HasEndedAsync())
        {
            throw new MismatchException("more came back than was sent");
        }
        Tally.Has();
        Tally.AnsweredWhole();
    }

    private async Task SendAsync(Wire wire, long number, int length)
    {
        await wire.WriteBodyAsync(Framing.Length, number, length, length, Random);
        await wire.FlushAsync();
    }
}
