using LoadBalancer.Comparison.Load;
using LoadBalancer.Comparison.Measure;
using LoadBalancer.Comparison.Report;

namespace LoadBalancer.Comparison.Tests.Report;

public class SectionTests
{
    private static readonly Section s_section = new("GET", IsBulk: false,
    [
        new("lb", false, [Round(20, 40_000, 1), Round(22, 50_000, 2), Round(21, 45_000, 3)]),
        new("haproxy", true, [Round(30, 50_000, 4)]),
        new("nginx", true, [Round(40, 90_000, 8)]),
    ]);

    [Fact]
    public void Each_figure_is_related_to_the_better_yardstick_of_that_figure()
    {
        var table = s_section.ToTable();

        // CPU: HAProxy uses less. Requests: nginx does more. p99: HAProxy is faster.
        Assert.Equal(["lb", "21.0 (20.0–22.0)", "0.70", "5.25", "15.8", "10.0", "45,000 (40,000–50,000)", "0.50", "1.00", "2.00 (1.00–3.00)", "0.50", "3"], table.Rows[0]);
        Assert.Equal("1.00", table.Rows[1][2]);
        Assert.Equal("1.33", table.Rows[2][2]);
        Assert.All(table.Rows, row => Assert.Equal(table.Headers.Count, row.Count));
    }

    [Fact]
    public void Without_a_yardstick_there_is_no_ratio()
    {
        var table = (s_section with { Proxies = [s_section.Proxies[0]] }).ToTable();

        Assert.Equal("-", table.Rows[0][2]);
    }

    [Fact]
    public void A_proxy_that_answered_nothing_is_shown_without_figures()
    {
        var dead = Sample.From(new LoadResult(0, 0, 1, null, null, 7), new Usage(0, 0, 0));
        var row = (s_section with { Proxies = [new("lb", false, [dead]), s_section.Proxies[1]] }).ToTable().Rows[0];

        Assert.Equal("-", row[2]);
        Assert.Equal("7", row[^1]);
    }

    [Fact]
    public void The_text_is_aligned()
    {
        var table = new Table("T", ["name", "n"], [["a", "1"], ["long name", "100"]]);

        Assert.Equal("T\nname         n\n--------------\na            1\nlong name  100\n", table.ToText());
    }

    [Fact]
    public void The_markdown_is_a_table()
    {
        var table = new Table("T", ["name", "n"], [["a|b", "1"]]);

        Assert.Equal("### T\n\n| name | n |\n| --- | ---: |\n| a\\|b | 1 |\n", table.ToMarkdown());
    }

    private static Sample Round(double cpu, double throughput, double p99) =>
        new(throughput, cpu, cpu / 4, cpu * 3 / 4, 1, p99, 10, 1);
}
