using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LoadBalancer.IntegrationTests.Harness;

namespace LoadBalancer.IntegrationTests.Drills;

/// <summary>What the admin interface of a balancer shows.</summary>
internal static class LbViews
{
    extension(LbProcess lb)
    {
        /// <summary>What /readyz says.</summary>
        public async Task<(HttpStatusCode Status, string Reason)> ReadyAsync()
        {
            using var response = await lb.Admin.GetAsync(lb.AdminUri("/readyz"));
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }

        /// <summary>What /api/services says of one service; an unknown one has no endpoints.</summary>
        public async Task<LbService> ViewAsync(string name = "api")
        {
            using var response = await lb.Admin.GetAsync(lb.AdminUri("/api/services/" + name));
            return response.IsSuccessStatusCode ? (await response.Content.ReadFromJsonAsync<LbService>(JsonSerializerOptions.Web))! : LbService.Unknown;
        }

        /// <summary>What /api/services says.</summary>
        public async Task<LbService[]> ViewsAsync() =>
            (await lb.Admin.GetFromJsonAsync<LbService[]>(lb.AdminUri("/api/services"), JsonSerializerOptions.Web))!;

        /// <summary>Waits until /api/services says so of a service.</summary>
        public async Task ShowsAsync(Func<LbService, bool> condition, string what, string name = "api", TimeSpan? within = null)
        {
            try
            {
                await Eventually.True(async () => condition(await lb.ViewAsync(name)), what, within);
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"{e.Message}, but\n{JsonSerializer.Serialize(await lb.ViewAsync(name))}\n{lb.Process.Output}", e);
            }
        }
    }
}
