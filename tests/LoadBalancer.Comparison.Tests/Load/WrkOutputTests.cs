using LoadBalancer.Comparison.Load;

namespace LoadBalancer.Comparison.Tests.Load;

public class WrkOutputTests
{
    private const string Good = """
        Running 2s test @ http://127.0.0.1:18999/post
          1 threads and 16 connections
          Thread Stats   Avg      Stdev     Max   +/- Stdev
            Latency   293.22us  248.47us   6.27ms   92.42%
            Req/Sec    55.90k    18.52k   83.68k    61.90%
          Latency Distribution
             50%  225.00us
             75%  329.00us
             90%  518.00us
             99%    0.92ms
          116415 requests in 2.10s, 34.19MB read
        Requests/sec:  55426.50
        Transfer/sec:     16.28MB
        """;

    [Fact]
    public void A_finished_run_gives_requests_time_and_percentiles()
    {
        var result = WrkOutput.Parse(Good);

        Assert.Equal(116_415, result.Requests);
        Assert.Equal(2.1, result.Seconds, 6);
        Assert.Equal(0.225, result.P50!.Value, 6);
        Assert.Equal(0.92, result.P99!.Value, 6);
        Assert.Equal(0, result.Errors);
    }

    [Fact]
    public void Wrong_answers_are_errors_and_not_requests()
    {
        var result = WrkOutput.Parse(Good + "\n  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 415\n");

        Assert.Equal(116_000, result.Requests);
        Assert.Equal(425, result.Errors);
    }

    [Theory]
    [InlineData("1.50s", 1500)]
    [InlineData("2.00m", 120_000)]
    [InlineData("1.00h", 3_600_000)]
    [InlineData("12.00ms", 12)]
    public void Times_are_read_in_every_unit(string text, double milliseconds) =>
        Assert.Equal(milliseconds, WrkOutput.Parse(Good.Replace("0.92ms", text, StringComparison.Ordinal)).P99!.Value, 6);

    [Fact]
    public void A_failed_run_is_refused_with_what_wrk_said()
    {
        var e = Assert.Throws<FormatException>(() => WrkOutput.Parse("unable to connect to 127.0.0.1:1 Connection refused"));

        Assert.Contains("Connection refused", e.Message, StringComparison.Ordinal);
    }
}
