using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Recs.Client;
using Recs.Engine;
using Recs.Engine.Events;
using Recs.Engine.Pipeline;

// The part of the cluster suite that needs the cluster's packages: a producer and a web tier in one process. For each of
// some clicks, one at a time: the time until the stream has it, and the time until a page was made with it.
// --redis HOST:PORT --users FILE --items FILE --clicks N --seed N; the last line is {"storedMs":[…],"listMs":[…]}.
var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddRecommenderClient(options => options with { Redis = builder.Configuration["redis"] });
var users = File.ReadAllLines(builder.Configuration["users"]!);
var items = File.ReadAllLines(builder.Configuration["items"]!);
var clicks = int.Parse(builder.Configuration["clicks"] ?? "300", System.Globalization.CultureInfo.InvariantCulture);
var random = new Random(int.Parse(builder.Configuration["seed"] ?? "1", System.Globalization.CultureInfo.InvariantCulture));
using var host = builder.Build();
await host.StartAsync();
await host.Services.GetRequiredService<ClusterConnection>().WaitAsync();
var (recommender, publisher) = (host.Services.GetRequiredService<IRecommender>(), host.Services.GetRequiredService<IEventPublisher>());

const int WarmUp = 30;
var (stored, list) = (new List<double>(), new List<double>());
for (var n = -WarmUp; n < clicks; n++)
{
    var request = new PageRequest { UserId = users[random.Next(users.Length)], Deadline = TimeSpan.FromSeconds(5) };
    var before = await recommender.RecommendAsync(request);
    var started = Stopwatch.GetTimestamp();
    await publisher.PublishAsync(new Interaction { UserId = request.UserId, ItemId = items[random.Next(items.Length)], Type = InteractionType.Click });
    var storedAfter = Stopwatch.GetElapsedTime(started);
    while ((await recommender.RecommendAsync(request)).Sequence <= before.Sequence)
    {
        if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(30))
            throw new TimeoutException("A published click did not reach its user within 30 s.");
    }

    if (n < 0)
        continue;
    stored.Add(storedAfter.TotalMilliseconds);
    list.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
}

await host.StopAsync();
Console.WriteLine(JsonSerializer.Serialize(new { storedMs = stored, listMs = list }));
