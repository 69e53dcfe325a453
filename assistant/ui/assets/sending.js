// Requests that bring articles: the server tells line by line how it goes.

/** The last line of the reply, {report} or {error}. `fetch` cannot tell how much of the body was sent; the older request can. */
export function send(url, body, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let read = 0;
    let last = null;
    const lines = (end) => {
      for (const line of request.responseText.slice(read, end).split('\n').filter(Boolean)) {
        last = parsed(line);
        if (last?.progress) progress(last.progress);
      }
      read = end;
    };
    request.upload.onprogress = ({ loaded, total }) => loaded < total && progress({ done: 0, sent: loaded / total });
    request.onprogress = () => lines(request.responseText.lastIndexOf('\n') + 1);
    request.onloadend = () => {
      lines(request.responseText.length);
      resolve(last?.report || last?.error ? last : { error: { kind: 'Lost' } });
    };
    request.open('POST', url);
    request.send(body);
  });
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
