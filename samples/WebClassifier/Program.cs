// A web service that classifies uploads, with a page to choose a photograph on.
//   WebClassifier --network resnet18.pqf [--workers 2] [--queue 16] [--urls http://localhost:5000]
//   A browser shows the page at http://localhost:5000; programs send the file:
//   curl --data-binary @cat.jpg http://localhost:5000/classify
using WebClassifier;

var builder = WebApplication.CreateBuilder(args);
string network = builder.Configuration["network"] ?? throw new InvalidOperationException("--network: expected the file of a network");
var queue = new ClassifierQueue(network, builder.Configuration.GetValue("workers", 1), builder.Configuration.GetValue("queue", 16));
builder.Services.AddHostedService(_ => queue);
builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = 16 << 20);

var app = builder.Build();
app.MapPost(
    "/classify",
    async (HttpRequest request, CancellationToken cancellation) =>
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellation);
        return await queue.Classify(body.ToArray(), cancellation);
    }
);
app.MapGet("/", () => Results.File(Path.Combine(AppContext.BaseDirectory, "index.html"), "text/html; charset=utf-8"));
app.MapGet("/health", () => queue.Health);
await app.RunAsync();
