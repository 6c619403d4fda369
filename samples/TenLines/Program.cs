using Pqf;

// resnet18.pth (dense), a folder of photographs, a photograph
using var dense = ImageNetwork.Load(args[0]);
using var small = dense.Compress(new CompressSettings { Images = args[1] });
small.Save("small.pqf");
Console.WriteLine($"{small.Ratio:F1} times smaller");
foreach (var guess in small.Classify(args[2], top: 3))
    Console.WriteLine($"{guess.Probability, 8:P1}  {guess.Name}");
