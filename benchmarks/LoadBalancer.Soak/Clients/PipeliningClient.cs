using LoadBalancer.Soak.Checks;
using LoadBalancer.Soak.Messages;

namespace LoadBalancer.Soak.Clients;

/// <summary>Sends several requests at once and expects their answers in order.</summary>
/// <param name="isCalm">Whether endpoints do nothing that makes a request fail.</param>
/// <param name="port">The listener's.</param>
/// <param name="service">Whom it asks.</param>
/// <param name="ledger">What there was.</param>
/// <param name="tally">Of the service.</param>
/// <param name="seed">Of its chance.</param>
internal sealed class PipeliningClient(bool isCalm, int port, string service, Ledger ledger, Tally tally, int seed) : HttpClient(() => port, service, ledger, tally, seed)
{
    private const int Longest = 2048;

    public override bool IsCalm => isCalm;

    protected override async Task TurnAsync()
    {
        var wire = await ConnectAsync(Port);
        for (var left = Random.Next(1, 20); left > 0; left--)
        {
            var plans = new Plan[Random.Next(2, 16)];
            for (var i = 0; i < plans.Length; i++)
            {
                plans[i] = Choose(Longest);
                WriteHead(wire, plans[i]);
                await WriteBodyAsync(wire, plans[i]);
            }
            Tally.May(plans.Length);
            await (Random.Next(20) == 0 ? wire.FlushInPiecesAsync(Random) : wire.FlushAsync());
            foreach (var plan in plans)
            {
                var head = await ReadHeadAsync(wire, plan);
                Tally.Has();
                await ReadBodyAsync(wire, plan, head);
                if (!head.KeepsAlive)
                {
                    return;
                }
            }
        }
    }
}
