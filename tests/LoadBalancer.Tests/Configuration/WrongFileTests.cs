using System.Text;
using LoadBalancer.Configuration;

namespace LoadBalancer.Tests.Configuration;

public class WrongFileTests
{
    public static TheoryData<string> Names => [.. WrongFiles.All.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void IsRefusedWithPlaceAndRemedy(string name)
    {
        var file = WrongFiles.All.Single(file => file.Name == name);

        var result = ConfigurationReader.Read(Encoding.UTF8.GetBytes(file.Text), "lb.json", "/etc/lb");

        Assert.Equal(file.Errors.ReplaceLineEndings("\n"), string.Join('\n', result.Errors));
        Assert.Null(result.Options);
    }
}
