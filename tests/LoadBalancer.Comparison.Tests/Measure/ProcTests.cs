using System.Diagnostics;
using LoadBalancer.Comparison.Measure;

namespace LoadBalancer.Comparison.Tests.Measure;

public class ProcTests
{
    [Fact]
    public void A_stat_line_is_read_even_when_the_name_looks_like_fields()
    {
        const string Line = "42 (a) 9 (b c) S 7 42 42 0 -1 4194560 100 0 0 0 123 45 0 0 20 0 2 0 1000 15000000 777 18446744073709551615 1 1\n";

        Assert.Equal(new ProcessStat(ParentId: 7, UserTicks: 123, SystemTicks: 45, ResidentPages: 777), ProcessStat.Parse(Line));
    }

    [Fact]
    public void A_short_stat_line_is_refused() => Assert.Throws<FormatException>(() => ProcessStat.Parse("42 (a) S 7"));

    [Fact]
    public void The_first_number_of_schedstat_is_the_time_on_a_cpu() =>
        Assert.Equal(363_009, SchedStat.ParseOnCpu("363009 41482 1\n"));

    [Theory]
    [InlineData("")]
    [InlineData("x 1 2")]
    public void Another_schedstat_is_refused(string text) => Assert.Throws<FormatException>(() => SchedStat.ParseOnCpu(text));

    [Fact]
    public async Task The_clock_counts_the_work_of_a_process()
    {
        var (spun, usage) = await CpuClock.MeasureAsync(Environment.ProcessId, () => Task.Run(() =>
        {
            var before = Environment.CpuUsage.TotalTime;
            while (Environment.CpuUsage.TotalTime - before < TimeSpan.FromMilliseconds(50))
            {
                Thread.SpinWait(1000);
            }
            return Environment.CpuUsage.TotalTime - before;
        }));

        // What /proc says was on a CPU includes at least what the process itself saw, up to the kernel's rounding.
        Assert.True(usage.CpuMicroseconds >= spun.TotalMicroseconds - 20_000, $"{usage.CpuMicroseconds} µs of {spun.TotalMicroseconds}");
        Assert.InRange(usage.UserShare, 0, 1);
        Assert.True(usage.PeakResidentBytes > 1_000_000);
    }

    [Fact]
    public async Task The_clock_follows_child_processes()
    {
        using var parent = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "while :; do :; done & wait"]))!;
        try
        {
            await TestSupport.Eventually.True(() => File.ReadAllText($"/proc/{parent.Id}/task/{parent.Id}/children").Length > 0, "the shell has a child");
            var (_, usage) = await CpuClock.MeasureAsync(parent.Id, async () =>
            {
                await Task.Delay(200);
                return 0;
            });

            Assert.True(usage.CpuMicroseconds > 1000, $"{usage.CpuMicroseconds} µs");
        }
        finally
        {
            parent.Kill(entireProcessTree: true);
        }
    }
}
