using Recs.Api;
using Recs.Engine;
using Recs.Engine.Pipeline;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRecommender(options => options with { DataDirectory = "shop-data" });
var app = builder.Build();

app.MapRecommender(new RecommenderApiOptions { Prefix = "/recs" });

// The recommender is a service like any other: this shop asks it for the titles on its own page.
app.MapGet("/hello/{user}", async (string user, IRecommender recommender) =>
{
    var page = await recommender.RecommendAsync(new PageRequest { UserId = user, Count = 3 });
    return $"Hello {user}, have you seen {string.Join(", ", page.Items.Select(item => item.Title))}?";
});

app.Run();
