using Recs.Client;
using Recs.Engine;
using Recs.Engine.Events;
using Recs.Engine.Pipeline;

// Pages and clicks over a cluster: dotnet run --project samples/WebTier -- --redis localhost:6379
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRecommenderClient(options => options with { Redis = builder.Configuration["redis"] });
var app = builder.Build();

// The site is up before the cluster is; until then it says when to come again.
app.Use(async (http, next) =>
{
    try
    {
        await next(http);
    }
    catch (RecommenderException refusal)
    {
        http.Response.StatusCode = refusal.RetryAfter is null ? 400 : 503;
        if (refusal.RetryAfter is { } pause)
            http.Response.Headers.RetryAfter = $"{Math.Ceiling(pause.TotalSeconds):0}";
        await http.Response.WriteAsync(refusal.Message + "\n");
    }
});

// A receipt's sequence, given as "after", makes the next page know of the click.
app.MapPost("/clicks/{user}/{item}", async (string user, string item, IRecommender recommender, CancellationToken cancel) =>
    (await recommender.ObserveAsync([new Interaction { UserId = user, ItemId = item, Type = InteractionType.Click }], cancellationToken: cancel)).Sequences[user]);

app.MapGet("/for/{user}", async (string user, long? after, IRecommender recommender, CancellationToken cancel) =>
    (await recommender.RecommendAsync(new PageRequest { UserId = user, Count = 5, After = after }, cancel)).Items.Select(item => new { item.Id, item.Title, item.Score }));

// A view is worth publishing and not worth waiting for a receipt.
app.MapPost("/views/{user}/{item}", async (string user, string item, IEventPublisher publisher, CancellationToken cancel) =>
{
    await publisher.PublishAsync(new Interaction { UserId = user, ItemId = item, Type = InteractionType.View }, cancel);
    return Results.Accepted();
});

app.Run();
