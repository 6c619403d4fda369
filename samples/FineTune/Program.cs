// Fine-tunes a network on a folder of labelled images. A dense network is compressed first; of a compressed one the codes stay.
//   FineTune small.pqf DATA OUTPUT [EPOCHS]
// DATA has folders train and val, in each a folder of images for each class.
using System.Globalization;
using Pqf;

if (args.Length < 3)
{
    Console.Error.WriteLine("usage: FineTune NETWORK DATA OUTPUT [EPOCHS]");
    return 2;
}

bool isCompressed;
using (var start = ImageNetwork.Load(args[0]))
    isCompressed = start.IsCompressed;
var trained = ImageNetwork.Train(
    args[0],
    args[1],
    new TrainSettings
    {
        Output = args[2],
        Epochs = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 3,
        LearningRate = 1e-4,
        Compress = isCompressed ? null : new CompressSettings { ClusteringIterations = 20 },
    },
    new Notes()
);
Console.WriteLine($"{trained.Path}: epoch {trained.Epoch}, accuracy {trained.Accuracy:P1}");
return 0;

/// <summary>Prints a line for each epoch and for each image that is skipped.</summary>
sealed class Notes : IProgress<WorkProgress>
{
    public void Report(WorkProgress value)
    {
        if (value.Note is { } note)
            Console.Error.WriteLine(note);
    }
}
