using LoadBalancer.Admin.Orders;

namespace LoadBalancer.Tests.Admin;

public class OrderPathTests
{
    [Theory]
    [InlineData("/api/services/api/endpoints/node-1%2Fapi-1/order", "api", "node-1/api-1")]
    [InlineData("/api/services/api/endpoints/node-1/api-1/order", "api", "node-1/api-1")]
    [InlineData("/api/services/api/endpoints/10.0.0.7:8080/order?x=1", "api", "10.0.0.7:8080")]
    [InlineData("/api/services/api/endpoints/%5B::1%5D:80/order", "api", "[::1]:80")]
    [InlineData("/api/services/a%20b/endpoints/n%2F50%252F/order", "a b", "n/50%2F")]
    [InlineData("/api/services/order/endpoints/order/order", "order", "order")]
    [InlineData("/api/services/api/order", "api", null)]
    public void ItNamesAServiceAndPerhapsAnEndpoint(string target, string service, string? endpoint)
    {
        var path = OrderPath.Parse(target);

        Assert.Equal(new OrderPath(service, endpoint), path);
        Assert.Equal(path, OrderPath.Parse(path.ToString()!));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/services")]
    [InlineData("/api/services/api")]
    [InlineData("/api/services/order")]
    [InlineData("/api/services//order")]
    [InlineData("/api/services/api/endpoints/order")]
    [InlineData("/api/services/api/endpoints//order")]
    [InlineData("/api/services/api/instances/a/order")]
    [InlineData("/api/services/api/endpoints/a/orders")]
    public void OtherTargetsAreNotOrders(string target) => Assert.Null(OrderPath.Parse(target));
}
