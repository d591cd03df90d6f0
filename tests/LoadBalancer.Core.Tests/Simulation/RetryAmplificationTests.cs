using LoadBalancer.Core.Dispatching;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;
using static LoadBalancer.Core.Tests.Support.TestCatalog;

namespace LoadBalancer.Core.Tests.Simulation;

/// <summary>How much retries add to the load of a service that fails: at most the budget.</summary>
public class RetryAmplificationTests(ITestOutputHelper output)
{
    private const int PerSecond = 500;
    private const int Seconds = 60;
    private static readonly RetryBudgetOptions s_budget = new();

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Retries_add_at_most_the_budget_to_a_service_that_resets_a_part_of_its_requests(double failing)
    {
        var without = Run(new RetryPolicy { Attempts = 3, Budget = null }, failing);
        var with = Run(new RetryPolicy { Attempts = 3, Budget = s_budget }, failing);
        output.WriteLine($"{failing:P0} reset, up to three retries without a budget: {without}");
        output.WriteLine($"{failing:P0} reset, up to three retries with the default budget: {with}");
        Assert.Equal((0, 0), (without.InFlight, with.InFlight));
        AssertWithinBudget(with);
        // The geometric series of three retries, within a tenth.
        Assert.InRange(without.Amplification, 0.9 * Expected(failing), 1.1 * Expected(failing));
    }

    [Fact]
    public void A_few_failures_are_all_repeated_in_spite_of_the_budget()
    {
        var result = Run(new RetryPolicy { Attempts = 3 }, failing: 0.05);
        output.WriteLine($"5 % reset, up to three retries with the default budget: {result}");
        // Four attempts that fail: six in a million.
        Assert.InRange(result.Failed, 0, 5);
    }

    [Fact]
    public void Hedges_and_retries_draw_on_the_same_budget()
    {
        var result = Run(new RetryPolicy { Attempts = 3, Hedge = new HedgeOptions { After = TimeSpan.FromMilliseconds(1) } }, failing: 0.5);
        output.WriteLine($"every request hedged, 50 % reset, with the default budget: {result}");
        AssertWithinBudget(result);
        Assert.Equal(0, result.InFlight);
    }

    /// <summary>What has been used counts for nine to ten seconds: the minimum of a window, and that again each time.</summary>
    private static void AssertWithinBudget(Result result) =>
        Assert.True(result.Retries <= (s_budget.Ratio * result.Requests) + (s_budget.MinimumPerSecond * 10 * (1 + (Seconds / 9.0))), $"{result}");

    private static double Expected(double failing) => 1 + failing + (failing * failing) + (failing * failing * failing);

    private static Result Run(RetryPolicy retry, double failing)
    {
        using var world = Of(new ServicePolicy { Retry = retry }, [.. Ids(10).Select(static id => Up(id))]);
        var events = new EventQueue(world.Time);
        var random = new Random(1);
        var (requests, sent, failed) = (0, 0, 0);
        PlanArrival();
        events.Run();
        return new Result(requests, sent, failed, world["api"].Snapshot.Endpoints.Sum(static state => state.Endpoint.InFlight));

        void PlanArrival() => events.After(TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / PerSecond), () =>
        {
            if (events.Now < TimeSpan.FromSeconds(Seconds))
            {
                requests++;
                var request = new Request();
                request.Dispatch.Begin(world["api"], [], world.Time.GetTimestamp());
                Attempt(request);
                PlanArrival();
            }
        });

        void Attempt(Request request)
        {
            _ = request.Dispatch.Next() ?? throw new InvalidOperationException("there is always an endpoint");
            sent++;
            if (retry.Hedge is not null && request.Dispatch.TryHedge(world.Time) is { } hedge)
            {
                sent++;
                hedge.End(LeaseOutcome.Canceled);
            }
            var fails = random.NextDouble() < failing;
            events.After(TimeSpan.FromMilliseconds(5), () =>
            {
                if (!fails)
                {
                    request.Dispatch.End(LeaseOutcome.Succeeded);
                }
                else if (request.Dispatch.TryAgain(AttemptFailure.Reset, isRepeatable: true, world.Time))
                {
                    Attempt(request);
                }
                else
                {
                    failed++;
                }
            });
        }
    }

    private sealed class Request
    {
        public Dispatch Dispatch;
    }

    private sealed record Result(int Requests, int Sent, int Failed, int InFlight)
    {
        public int Retries => Sent - Requests;

        public double Amplification => (double)Sent / Requests;

        public override string ToString() =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Requests} requests, {Sent} sent ({Amplification:F3} times), {Failed} failed");
    }
}
