using System.Globalization;
using LoadBalancer.Core.Model;
using LoadBalancer.Core.Resilience;

namespace LoadBalancer.Core.Tests.Simulation;

public class OverloadTests(ITestOutputHelper output)
{
    private const int Endpoints = 10;
    private const int Concurrency = 4;

    private static readonly TimeSpan s_median = TimeSpan.FromMilliseconds(10);

    /// <summary>Requests per second that the endpoints can do: the mean of a log-normal time is the median times e^(sigma²/2).</summary>
    private static readonly double s_capacity = Endpoints * Concurrency / (s_median.TotalSeconds * Math.Exp(0.125));

    private static readonly ServicePolicy s_none = new();

    private static readonly ServicePolicy s_adaptive = new() { Guard = new GuardOptions { AdaptiveLimit = new AdaptiveLimitOptions() } };

    private static readonly ServicePolicy s_limits = new() { EndpointLimits = new() { MaxRequests = Concurrency, Queue = 200, QueueTimeout = TimeSpan.FromMilliseconds(100) } };

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Under_overload_an_adaptive_limit_or_limits_per_endpoint_keep_the_goodput_that_is_lost_without(int overload)
    {
        var none = Run("nothing", s_none, overload, warm: true);
        var adaptive = Run("adaptiveLimit", s_adaptive, overload, warm: true);
        var limits = Run("endpointLimits with a queue", s_limits, overload, warm: true);
        Assert.InRange(none, 0, 0.1);
        Assert.InRange(adaptive, 0.9, 1.02);
        Assert.InRange(limits, 0.9, 1.02);
    }

    [Fact]
    public void Also_when_the_overload_is_there_from_the_first_request() =>
        Assert.InRange(Run("adaptiveLimit, from the first request", s_adaptive, 2, warm: false), 0.9, 1.02);

    [Fact]
    public void At_half_of_the_capacity_none_of_it_refuses_anybody()
    {
        foreach (var policy in new[] { s_none, s_adaptive, s_limits })
        {
            using var service = Create(policy);
            service.Run(s_capacity / 2, TimeSpan.FromSeconds(20));
            Assert.Equal((0, 0), (service.Refused, service.GivenUp));
        }
    }

    /// <summary>The goodput as a share of the capacity.</summary>
    private double Run(string name, ServicePolicy policy, int overload, bool warm)
    {
        using var service = Create(policy);
        if (warm)
        {
            service.Run(s_capacity / 2, TimeSpan.FromSeconds(10));
        }
        var time = TimeSpan.FromSeconds(20);
        service.Run(s_capacity * overload, time);
        var share = service.Good / (s_capacity * time.TotalSeconds);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{overload} times the capacity of {s_capacity:0}/s, {name}: goodput {share:P1}; {service.Good} answered, {service.Refused} refused, {service.GivenUp} gave up; most at one endpoint {service.Endpoints.Values.Max(static endpoint => endpoint.MostAtOnce)}, adaptive limit {service.Service.Guard?.AdaptiveLimit?.Limit.ToString(CultureInfo.InvariantCulture) ?? "none"}"));
        return share;
    }

    private static OverloadedService Create(ServicePolicy policy) => new(policy, Endpoints, ServiceTime.LogNormal(s_median), Concurrency);
}
