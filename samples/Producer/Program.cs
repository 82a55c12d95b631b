using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Recs.Client;
using Recs.Engine;
using Recs.Engine.Events;

// Publishes lines of "user,item,type" from standard input: dotnet run --project samples/Producer -- --redis localhost:6379
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddRecommenderClient(options => options with { Redis = builder.Configuration["redis"] });
using var host = builder.Build();
await host.StartAsync();
var publisher = host.Services.GetRequiredService<IEventPublisher>();

// A bounded number at once is the back-pressure; within it, each user's events keep their order.
foreach (var lines in Lines().Chunk(1_000))
    await Task.WhenAll(lines.Select(PublishAsync));
await host.StopAsync();

static IEnumerable<string> Lines()
{
    while (Console.ReadLine() is { } line)
        yield return line;
}

async Task PublishAsync(string line)
{
    try
    {
        if (line.Split(',') is not [var user, var item, var type] || !Enum.TryParse<InteractionType>(type, ignoreCase: true, out var known))
            throw RecommenderException.Invalid("line", line, "user,item,type");
        await publisher.PublishAsync(new Interaction { UserId = user, ItemId = item, Type = known });
    }
    catch (RecommenderException refusal)
    {
        Console.Error.WriteLine($"{line}: {refusal.Message}");
    }
}
