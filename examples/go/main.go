// Command rank ranks documents with rerankd over gRPC: rank QUERY DOCUMENT...
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	rerankv1 "rerankd/rerank/v1"
)

// timeout is how long a call may take. The server refuses at once what it cannot answer by then.
const timeout = 10 * time.Second

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: rank QUERY DOCUMENT...")
		os.Exit(2)
	}
	if err := rank(os.Args[1], os.Args[2:]); err != nil {
		failure := status.Convert(err)
		fmt.Fprintf(os.Stderr, "%v: %s\n", failure.Code(), failure.Message())
		os.Exit(1)
	}
}

func rank(query string, documents []string) error {
	address := os.Getenv("RERANKER_ADDRESS")
	if address == "" {
		address = "localhost:7998"
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()

	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if key := os.Getenv("RERANKER_API_KEY"); key != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
	}
	request := &rerankv1.RerankRequest{Query: query, Documents: documents}
	answer, err := rerankv1.NewRerankServiceClient(connection).Rerank(ctx, request)
	if err != nil {
		return err
	}
	for _, result := range answer.GetResults() {
		fmt.Printf("%.3f %s\n", result.GetRelevanceScore(), documents[result.GetIndex()])
	}
	return nil
}
